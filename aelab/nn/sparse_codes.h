#pragma once

#include "aelab/nn/dictionary.h"

namespace aelab {

// Products with sparse codes. In float32 on the CPU they are our own kernels (nn/sparse_kernels.h), whose
// bits depend neither on threads nor on the instruction set; elsewhere LibTorch's operators on dense codes.
// All are differentiable, to any order: gradients of gradients are by LibTorch's operators.

/// The elements of x [rows, width] at these places: [count]. With `sparse_gradient` the gradient for x is a
/// sparse COO tensor where that is possible.
at::Tensor values_at(const at::Tensor& x, const ActiveElements& places, bool sparse_gradient = false);

/// The code as a whole: [rows, width].
at::Tensor dense(const ActiveElements& active);

/// The sum of each row's elements times their vectors: code vectors, [rows, features], of vectors [width,
/// features]. Normalized: vectors are divided by their norms, here and in the gradient, which is then
/// orthogonal to them.
at::Tensor combine(const ActiveElements& active, const at::Tensor& vectors, bool normalized = false);

/// vectors / their norms, [n, features].
at::Tensor unit_rows(const at::Tensor& vectors);

/// The norms of vectors [n, features], or the sums of the norms of their blocks of these widths, [n].
at::Tensor sums_of_norms(const at::Tensor& vectors, at::IntArrayRef blocks);

/// Divides the vectors [n, features] by their norms in place, without a gradient. Zero stays zero.
void normalize_rows(const at::Tensor& vectors);

/// What encodes to sparse codes.
struct SparseEncoder {
  at::Tensor weight;  ///< [width, features]
  at::Tensor bias;    ///< [width] or undefined
  at::Tensor center;  ///< [features], subtracted from the input, or undefined
  at::Tensor scale;   ///< [width], a factor of the outputs, or undefined
};

/// scale ((x - center) weight^T + bias): x [rows, features] -> [rows, width]. It takes gradients that are
/// sparse COO tensors as well as dense ones.
at::Tensor encode_for_sparse(const at::Tensor& x, const SparseEncoder& encoder);

}  // namespace aelab
