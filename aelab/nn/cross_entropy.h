#pragma once

#include <ATen/core/Tensor.h>

namespace aelab {

/// The third seam for speed (see linear()): Bernoulli's negative log-likelihood of targets in [0, 1] from
/// logits x: the sum of log(1 + e^x) - t x over each row. x [batch, numbers...], t the same or broadcast to
/// it -> [batch]. Its gradient is (sigmoid(x) - t) of each row's; any derivative of higher order is there
/// too. One of what kernels() chooses (nn/kernels.h).
at::Tensor cross_entropy_of_logits(const at::Tensor& x, const at::Tensor& t);

}  // namespace aelab
