#pragma once

#include <ATen/core/Tensor.h>

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace aelab {

/// The shortest number that reads back as this float.
double shortened(float value);
/// A flat list of such numbers.
nlohmann::json numbers_of(const at::Tensor& values);
/// The content of an .npy file: of int64 for whole numbers, otherwise of float32.
std::string npy_of(const at::Tensor& values);

}  // namespace aelab
