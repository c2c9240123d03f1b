#include "aelab/training/saved_tensors.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <span>

#include "aelab/core/error.h"

namespace aelab {
namespace {

const std::pair<at::ScalarType, const char*> kTypes[] = {
    {at::kFloat, "F32"}, {at::kDouble, "F64"}, {at::kLong, "I64"}, {at::kInt, "I32"},
    {at::kByte, "U8"},   {at::kBool, "BOOL"},  {at::kHalf, "F16"}, {at::kBFloat16, "BF16"}};

}  // namespace

std::string saved_type(at::ScalarType type) {
  for (const auto& [known, name] : kTypes)
    if (known == type) return name;
  throw std::logic_error(std::string("tensors of type ") + at::toString(type) + " cannot be saved");
}

void SavedTensors::add(const std::string& name, const at::Tensor& tensor) {
  kept.push_back(tensor.detach().cpu().contiguous());
  const auto& saved = kept.back();
  bytes.push_back({name, saved_type(saved.scalar_type()), saved.sizes().vec(),
                   std::span(static_cast<const std::byte*>(saved.const_data_ptr()), saved.nbytes())});
}

at::Tensor tensor_of(const TensorBytes& saved) {
  const auto type = std::find_if(std::begin(kTypes), std::end(kTypes),
                                 [&](const auto& t) { return saved.dtype == t.second; });
  if (type == std::end(kTypes))
    throw Error("the tensor \"" + saved.name + "\" is of the type " + saved.dtype + ", which is not read");
  auto* bytes = const_cast<std::byte*>(saved.bytes.data());
  return at::from_blob(bytes, saved.shape, at::TensorOptions(type->first)).clone();
}

}  // namespace aelab
