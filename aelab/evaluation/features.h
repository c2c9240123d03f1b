#pragma once

#include <functional>
#include <memory>
#include <string>

#include "aelab/data/dataset.h"

namespace aelab {

/// Features in which metrics compare rows, such as the codes of a classifier that was trained before.
struct Features {
  /// What they are, of which file, and its checksum: definitions of measures contain it.
  std::string what;
  /// Rows as the evaluated model takes and gives them, [n, ...input] -> [n, d], float64 on the CPU. All rows
  /// that are compared are given at once.
  std::function<Tensor(const Tensor& rows)> of;
};

/// Opens the features that a metric names by a path. Throws an Error if there are none, or none of rows such
/// as the evaluated model's.
using FeatureSource = std::function<std::shared_ptr<const Features>(const std::string& path)>;

}  // namespace aelab
