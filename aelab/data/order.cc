#include "aelab/data/order.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "aelab/core/random.h"
#include "aelab/data/permutation.h"

namespace aelab {

Order::Order(std::int64_t rows, std::int64_t batch, std::optional<Shuffle> shuffle, Share share)
    : rows_(rows), batch_(batch), shuffle_(shuffle), share_(share) {
  if (!shuffle_ || rows_ == 0) return;
  block_ = shuffle_->window.rows > 0 ? std::min(shuffle_->window.rows, rows_) : rows_;
  blocks_ = (rows_ + block_ - 1) / block_;
  missing_ = blocks_ * block_ - rows_;
  place_of_last_ =
      static_cast<std::int64_t>(key("shuffle, last block") % static_cast<std::uint64_t>(blocks_));
}

std::uint64_t Order::key(const char* stream, std::int64_t window) const {
  return random_seed(shuffle_->seed, stream, {.epoch = shuffle_->pass, .batch = window});
}

/// The place of the block that has the row at this position in the pass, before rows are shuffled.
std::int64_t Order::place_at(std::int64_t position) const {
  const auto end_of_last = place_of_last_ * block_ + block_ - missing_;
  return (position < end_of_last ? position : position + missing_) / block_;
}

std::int64_t Order::begin_of(std::int64_t place) const {
  return place * block_ - (place > place_of_last_ ? missing_ : 0);
}

template <class Put>
void Order::visit_shuffled(std::int64_t begin, std::int64_t end, Put put) const {
  const Permutation blocks(blocks_ - 1, key("shuffle, blocks"));  // all but the last one
  const auto row_at = [&](std::int64_t position) {
    const auto place = place_at(position);
    const auto block = place == place_of_last_ ? blocks_ - 1 : blocks(place - (place > place_of_last_));
    return block * block_ + position - begin_of(place);
  };
  while (begin < end) {
    const auto window = place_at(begin) / shuffle_->window.blocks;
    const auto first = begin_of(window * shuffle_->window.blocks);
    const auto last = begin_of(std::min((window + 1) * shuffle_->window.blocks, blocks_));
    const Permutation within(last - first, key("shuffle", window));
    for (; begin < std::min(end, last); ++begin) put(row_at(first + within(begin - first)));
  }
}

at::Tensor Order::rows(std::int64_t i) const {
  const auto first = i * batch_, size = std::min(batch_, rows_ - first);
  const auto begin = first + size * share_.rank / share_.size;
  const auto end = first + size * (share_.rank + 1) / share_.size;
  if (!shuffle_) return at::arange(begin, end, at::kLong);
  auto rows = at::empty({end - begin}, at::kLong);
  visit_shuffled(begin, end,
                 [to = rows.mutable_data_ptr<std::int64_t>()](std::int64_t row) mutable { *to++ = row; });
  return rows;
}

}  // namespace aelab
