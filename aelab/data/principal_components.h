#pragma once

#include "aelab/data/dataset.h"

namespace aelab {

/// The directions of largest variance of a data set, its rows flattened to [features].
struct PrincipalComponents {
  Tensor mean;        ///< [features]
  Tensor components;  ///< [k, features], orthonormal rows, largest variance first; zero beyond the rank
  Tensor variances;   ///< [k], along the components (divided by rows - 1); 0 beyond the rank
  double total_variance = 0;  ///< of all features

  /// How many components have a variance that rounding cannot explain.
  std::int64_t rank() const;

  Tensor encode(const Tensor& x) const;     ///< [batch, ...shape] -> [batch, k]
  Tensor decode(const Tensor& code) const;  ///< [batch, k] -> [batch, features]
};

/// The first k components, no more than there are features. With as many rows as features or more they are
/// eigenvectors of the covariance: one pass over the rows in blocks, products in float32 (up to 256 features
/// in float64), their sum and the rest in float64 (components of MNIST are scikit-learn's to 1e-6). With
/// fewer rows they follow from the rows' inner products, in float64. Directions whose variance rounding can
/// explain (of float32 data, of sums) are zero, and so are their variances. Each component's largest entry is
/// positive, so that signs are determined. Stopped (core/signals.h) where a signal arrives between two
/// blocks.
PrincipalComponents principal_components(const Dataset& dataset, std::int64_t k);

}  // namespace aelab
