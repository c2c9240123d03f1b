#pragma once

#include <ATen/core/Tensor.h>

namespace aelab {

/// Whether this LibTorch has oneDNN's product of float32 matrices, as called here.
bool has_onednn_product();

/// Whether it takes these matrices, and is the faster way: float32 on the CPU, large enough.
bool suits_onednn(const at::Tensor& x, const at::Tensor& w);

/// x w^T + bias by oneDNN, then relu(.) on request: x [m, k], w [n, k], either of them transposed or sliced
/// as it may be; bias [n] or undefined -> [m, n]. Its derivatives of any order are made of the same product.
at::Tensor onednn_product(const at::Tensor& x, const at::Tensor& w, const at::Tensor& bias, bool relu);

}  // namespace aelab
