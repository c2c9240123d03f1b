#include "aelab/data/formats/npy.h"

#include <stdexcept>

#include "aelab/core/error.h"
#include "aelab/data/formats/stored_zip.h"

namespace aelab {
namespace {

constexpr std::pair<std::string_view, std::string_view> kNumpyTypes[] = {
    {"F32", "<f4"}, {"F64", "<f8"}, {"F16", "<f2"}, {"I64", "<i8"}, {"I32", "<i4"},
    {"I16", "<i2"}, {"I8", "|i1"},  {"U8", "|u1"},  {"BOOL", "|b1"}};

std::string_view numpy_type(std::string_view dtype) {
  for (const auto& [name, numpy] : kNumpyTypes)
    if (name == dtype) return numpy;
  throw Error("NumPy has no type for " + std::string(dtype) + "; use the format safetensors");
}

/// A Python tuple: "()", "(3,)", "(3, 4)".
std::string tuple(const Shape& shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i)
    text += std::to_string(shape[i]) + (i + 1 < shape.size() ? ", " : shape.size() == 1 ? "," : "");
  return text + ")";
}

}  // namespace

std::string npy_header(std::string_view dtype, const Shape& shape) {
  constexpr std::size_t kAlignment = 64, kLongest = 0xffff;
  auto text = "{'descr': '" + std::string(numpy_type(dtype)) +
              "', 'fortran_order': False, 'shape': " + tuple(shape) + ", }";
  std::string start = std::string("\x93NUMPY\x01\x00", 8);
  const auto unpadded = start.size() + 2 + text.size() + 1;
  text.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  text += '\n';
  if (text.size() > kLongest) throw std::invalid_argument("npy: a shape of too many dimensions");
  put_number(start, text.size(), 2);
  return start + text;
}

void write_npz(const std::filesystem::path& path, std::span<const TensorBytes> tensors) {
  StoredZip zip;
  for (const auto& tensor : tensors)
    zip.add(tensor.name + ".npy", npy_header(tensor.dtype, tensor.shape),
            {reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size()});
  zip.write(path);
}

}  // namespace aelab
