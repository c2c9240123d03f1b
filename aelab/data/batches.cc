#include "aelab/data/batches.h"

#include <ATen/ATen.h>

#include "aelab/core/random.h"
#include "aelab/data/gathered_ahead.h"

namespace aelab {

Batches::Batches(Dataset dataset, std::int64_t size, Tensor order, std::optional<Chance> chance)
    : dataset_(std::move(dataset)), size_(size), order_(std::move(order)), chance_(std::move(chance)) {
  if (!dataset_.takes_long() || count() < 2) return;
  ahead_ =
      std::make_shared<GatheredAhead>([whole = *this](std::int64_t i) { return whole.gather(i); }, count());
}

Batch Batches::operator[](std::int64_t i) const { return ahead_ ? ahead_->take(i) : gather(i); }

Batch Batches::gather(std::int64_t i) const {
  const auto begin = i * size_, end = std::min(begin + size_, dataset_.size());
  const auto places = order_.defined() ? order_.slice(0, begin, end) : at::arange(begin, end, at::kLong);
  return dataset_.gather(places, chance_);
}

Tensor shuffled_order(std::int64_t rows, std::int64_t seed, std::int64_t epoch) {
  return at::randperm(rows, random_generator(seed, "shuffle", {.epoch = epoch}), at::kLong);
}

}  // namespace aelab
