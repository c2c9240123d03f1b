#pragma once

#include "aelab/nn/parts.h"

namespace aelab {

/// What each feature adds to a likelihood's negative_log(), [n, features]: of decoder outputs [n, ...] and
/// targets [n, ...]. Undefined for a likelihood that is not a sum of equal terms of single features, each of
/// one number of the output, or of two that lie in its halves along the first dimension.
Tensor feature_costs(const Likelihood& likelihood, const Tensor& output, const Tensor& target);

}  // namespace aelab
