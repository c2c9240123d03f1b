#include "aelab/data/batch_stream.h"

namespace aelab {

BatchStream::Taken BatchStream::take(std::int64_t pass, std::int64_t begin, std::int64_t end) {
  kept_.erase(kept_.begin(), kept_.lower_bound({pass, begin}));
  Taken taken;
  for (auto i = begin; i < end; ++i) {
    auto found = kept_.find({pass, i});
    if (found == kept_.end())
      found = kept_.emplace(Place(pass, i), read({pass, i})).first;
    else
      taken.waited_before += found->second.waited;
    taken.batches.push_back(found->second.batch);
  }
  return taken;
}

BatchStream::Kept BatchStream::read(const Place& place) {
  const auto begun = std::chrono::steady_clock::now();
  if (!of_pass_ || pass_ != place.first) {
    of_pass_.reset();  // its thread ends before the next one begins
    of_pass_.emplace(batches_.pass(place.first));
    pass_ = place.first;
  }
  auto batch = (*of_pass_)[place.second].to(device_);
  return {std::move(batch), std::chrono::steady_clock::now() - begun};
}

}  // namespace aelab
