#pragma once

#include <optional>

#include "aelab/data/dataset.h"

namespace aelab {

/// A data set in pieces of `size` rows, the last one perhaps smaller; in a given order or as it lies.
class Batches {
 public:
  Batches(Dataset dataset, std::int64_t size, Tensor order = {})
      : dataset_(std::move(dataset)), size_(size), order_(std::move(order)) {}

  std::int64_t count() const { return (dataset_.size() + size_ - 1) / size_; }
  Batch operator[](std::int64_t i) const;

 private:
  Dataset dataset_;
  std::int64_t size_;
  Tensor order_;
};

/// The order of training rows in an epoch (counted over all phases): [rows] int64.
Tensor shuffled_order(std::int64_t rows, std::int64_t seed, std::int64_t epoch);

}  // namespace aelab
