#pragma once

#include "aelab/data/dataset.h"

namespace aelab {

/// The directions of largest variance of a data set, its rows flattened to [features].
struct PrincipalComponents {
  Tensor mean;                ///< [features]
  Tensor components;          ///< [k, features], orthonormal rows, largest variance first
  Tensor variances;           ///< [k], along the components (divided by rows - 1)
  double total_variance = 0;  ///< of all features

  Tensor encode(const Tensor& x) const;     ///< [batch, ...shape] -> [batch, k]
  Tensor decode(const Tensor& code) const;  ///< [batch, k] -> [batch, features]
};

/// The first k, no more than there are features, from the covariance: one pass over the rows in blocks,
/// products in float32, their sum and the rest in float64 (components of MNIST are scikit-learn's to 1e-6).
/// Each component's largest entry is positive, so that signs are determined.
PrincipalComponents principal_components(const Dataset& dataset, std::int64_t k);

}  // namespace aelab
