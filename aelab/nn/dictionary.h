#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace aelab {

/// The elements of a batch's codes that may differ from zero, of a bottleneck that selects some: all others
/// are zero, and so are the gradients of their pre-codes. nn/sparse_codes.h computes with them.
struct ActiveElements {
  at::Tensor places;       ///< int64 [2, count]: rows, and columns of flattened codes, in ascending order
  at::Tensor offsets;      ///< int64 [rows + 1]: those of row r are number offsets[r] to offsets[r + 1] - 1
  at::Tensor values;       ///< [count], with their gradients
  std::int64_t width = 0;  ///< number of elements of a code

  bool defined() const { return places.defined(); }
  std::int64_t rows() const { return offsets.size(0) - 1; }
};

/// A decoder that is linear in the code: output = code vectors + bias, flattened.
struct Dictionary {
  at::Tensor vectors;  ///< [code, features]; undefined if the decoder is not linear
  at::Tensor bias;     ///< [features]; undefined: zero
};

}  // namespace aelab
