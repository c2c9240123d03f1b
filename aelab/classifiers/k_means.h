#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace aelab {

struct KMeansConfig {
  std::int64_t clusters = 10;
  std::int64_t restarts = 10;
  std::int64_t iterations = 300;  ///< of one start, at most
};

struct KMeans {
  at::Tensor centers;   ///< [clusters, features] float64
  at::Tensor clusters;  ///< [rows] int64, the nearest center of each row
  double inertia;       ///< sum over rows of the squared distance to their center
};

/// Lloyd's iterations (1982) until no row changes its cluster, from centers seeded by k-means++ (Arthur &
/// Vassilvitskii 2007): of `restarts` starts the one with the smallest inertia. A cluster that loses all its
/// rows begins anew at the row farthest from its center. features [rows, features] of any floating type and
/// device; computed on the CPU in float64; the seed fixes the result. Error when there are fewer rows than
/// clusters, or a feature is no finite number.
KMeans k_means(const at::Tensor& features, const KMeansConfig& config, std::int64_t seed);

}  // namespace aelab
