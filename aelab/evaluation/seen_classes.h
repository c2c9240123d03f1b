#pragma once

#include <optional>

#include "aelab/evaluation/metric.h"

namespace aelab {

/// Whether labels differ. Among rows of one class, whatever always answers this class is right: an accuracy
/// says nothing about codes there, and is not applicable.
class SeenClasses {
 public:
  /// `labels` are [rows] int64.
  void add(const Tensor& labels);
  bool differ() const { return differ_; }

 private:
  std::optional<std::int64_t> first_;
  bool differ_ = false;
};

}  // namespace aelab
