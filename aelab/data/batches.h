#pragma once

#include "aelab/core/random.h"
#include "aelab/data/dataset.h"

namespace aelab {

class GatheredAhead;

/// A data set in batches of `size` rows, the last one perhaps smaller, in a given order or in that of the
/// set. Where rows take long to gather, the next batches are gathered in the background; the result is the
/// same.
class Batches {
 public:
  Batches(Dataset dataset, std::int64_t size, Tensor order = {}, std::optional<Chance> chance = {});

  std::int64_t count() const { return (dataset_.size() + size_ - 1) / size_; }
  /// Not thread-safe. Failure when its rows can no longer be read.
  Batch operator[](std::int64_t i) const;

 private:
  Dataset dataset_;
  std::int64_t size_;
  Tensor order_;
  std::optional<Chance> chance_;
  std::shared_ptr<GatheredAhead> ahead_ = {};

  Batch gather(std::int64_t i) const;
};

/// The order of training rows in an epoch (counted over all phases): [rows] int64.
Tensor shuffled_order(std::int64_t rows, std::int64_t seed, std::int64_t epoch);

}  // namespace aelab
