#pragma once

#include <optional>
#include <string>
#include <vector>

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

/// Says which classes `rows` have and `train` lacks, where some of the metrics predict classes
/// (Metric::predicts_classes): `"probe" predicts the classes of the training rows (0, 1), not 3, 7`. "" where
/// there is nothing to say, and where either set has no labels. Classes are called by `names`, where there
/// are any.
std::string unseen_classes(const std::vector<Choice<Metric>>& metrics, const Dataset& rows,
                           const Dataset& train, const std::vector<std::string>& names = {});

}  // namespace aelab
