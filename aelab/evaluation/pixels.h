#pragma once

#include <ATen/core/Tensor.h>

namespace aelab {

/// Whether all values lie in [0, 1].
bool is_within_unit(const at::Tensor& x);

/// Elementwise -x log y - (1 - x) log(1 - y) in float64, with y clipped to [1e-7, 1 - 1e-7] as Keras does.
at::Tensor cross_entropy(const at::Tensor& x, const at::Tensor& y);

}  // namespace aelab
