#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "aelab/core/safetensors.h"
#include "aelab/nn/optimizers.h"

namespace aelab {

/// The name that safetensors files have for a type. Throws std::logic_error for types without one.
std::string saved_type(at::ScalarType type);

/// Tensors as files hold them, with the memory that their bytes lie in.
struct SavedTensors {
  std::vector<at::Tensor> kept = {};
  std::vector<TensorBytes> bytes = {};

  void add(const std::string& name, const at::Tensor& tensor);
};

/// A copy of a tensor that was read, with the type and shape that the file gives it. Throws an Error if the
/// type is none of those that saved_type() names.
at::Tensor tensor_of(const TensorBytes& saved);

}  // namespace aelab
