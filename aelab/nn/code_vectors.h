#pragma once

#include <ATen/core/Tensor.h>

#include "aelab/core/shape.h"

namespace aelab {

// Codes that are made of vectors of a codebook. The vectors are the channels at each place of an image or a
// series, in groups of consecutive ones where there are more of them, or consecutive features.

/// Throws a FieldError of `field` if vectors of this dimension do not make up such codes.
void require_vectors(const Shape& code, std::int64_t dimension, const char* field);
/// The number of vectors of a code.
inline std::int64_t vector_count(const Shape& code, std::int64_t dimension) {
  return elements(code) / dimension;
}
/// [batch, ...code] -> [batch, vectors, dimension]: group by group, and place by place in each.
at::Tensor vectors_of(const at::Tensor& codes, std::int64_t dimension);
/// [batch, vectors, dimension] -> [batch, ...code]
at::Tensor codes_of(const at::Tensor& vectors, const Shape& code);

}  // namespace aelab
