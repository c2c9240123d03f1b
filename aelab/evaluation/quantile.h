#pragma once

#include <ATen/core/Tensor.h>

namespace aelab {

/// The q-quantile of [n] values by linear interpolation between the two nearest ones; NaN if a value is NaN.
double quantile_of(const at::Tensor& values, double q);

}  // namespace aelab
