#pragma once

#include <ATen/core/Tensor.h>

namespace aelab {

/// The least whole number whose distribution function is at least `u`, in [0, 1), under a Poisson
/// distribution of this rate: of uniform numbers, draws. All are float64, of one shape.
at::Tensor poisson_quantile(const at::Tensor& u, const at::Tensor& rate);

/// The number whose distribution function is `u` under a gamma distribution of this shape and scale 1, found
/// by bisection, to a relative error of 1e-9. `shape` is broadcast.
at::Tensor gamma_quantile(const at::Tensor& u, const at::Tensor& shape);

}  // namespace aelab
