#include "aelab/nn/code_vectors.h"

#include <ATen/ATen.h>

#include "aelab/core/error.h"

namespace aelab {

void require_vectors(const Shape& code, std::int64_t dimension, const char* field) {
  if (code.front() % dimension == 0) return;
  const auto values = std::to_string(dimension);
  throw FieldError(field, "vectors of " + values + " values do not make up the " +
                              std::to_string(code.front()) + (code.size() > 1 ? " channels" : " features") +
                              " of the code: their number must be a multiple of " + values);
}

at::Tensor vectors_of(const at::Tensor& codes, std::int64_t dimension) {
  const auto grouped = codes.reshape({codes.size(0), codes.size(1) / dimension, dimension, -1});
  return grouped.transpose(2, 3).flatten(1, 2);
}

at::Tensor codes_of(const at::Tensor& vectors, const Shape& code) {
  const auto dimension = vectors.size(2);
  at::DimVector shape = {vectors.size(0)};
  shape.append(code.begin(), code.end());
  return vectors.reshape({vectors.size(0), code.front() / dimension, -1, dimension})
      .transpose(2, 3)
      .reshape(shape);
}

}  // namespace aelab
