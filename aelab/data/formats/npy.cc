#include "aelab/data/formats/npy.h"

#include <zlib.h>

#include <cstdint>
#include <stdexcept>
#include <vector>

#include "aelab/core/error.h"
#include "aelab/core/files.h"

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

void put(std::string& bytes, std::uint64_t value, int count) {  // little-endian
  for (int i = 0; i < count; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
}

/// A ZIP archive of stored files. Format: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16.
class StoredZip {
 public:
  /// The bytes of `content` must outlive this.
  void add(const std::string& name, std::string head, std::string_view content) {
    auto crc = crc32_z(0, reinterpret_cast<const Bytef*>(head.data()), head.size());
    crc = crc32_z(crc, reinterpret_cast<const Bytef*>(content.data()), content.size());
    const auto size = head.size() + content.size();
    std::string about;    // what the local header and the directory's entry have in common
    put(about, 20, 2);    // version 2.0 is needed to unpack
    put(about, 0, 2);     // flags
    put(about, 0, 2);     // stored
    put(about, 0, 2);     // no time of day
    put(about, 0x21, 2);  // 1980-01-01
    put(about, crc, 4);
    put(about, size, 4);
    put(about, size, 4);
    put(about, name.size(), 2);
    put(about, 0, 2);  // no extra field
    put(directory_, 0x02014b50, 4);
    put(directory_, 20, 2);
    directory_ += about;
    put(directory_, 0, 2 + 2 + 2);  // no comment, first disk, no attributes
    put(directory_, 0, 4);
    put(directory_, length_, 4);
    directory_ += name;
    std::string local;
    put(local, 0x04034b50, 4);
    local += about + name;
    length_ += local.size() + size;
    heads_.push_back(std::move(local) + std::move(head));
    contents_.push_back(content);
  }

  void write(const std::filesystem::path& path) const {
    constexpr std::uint64_t kMostBytes = 0xffffffff, kMostFiles = 0xffff;
    if (length_ + directory_.size() >= kMostBytes || heads_.size() >= kMostFiles)
      throw Error(path.string() +
                  ": would be larger than the 4 GB of a plain ZIP archive; use the format safetensors");
    std::string end;
    put(end, 0x06054b50, 4);
    put(end, 0, 2 + 2);
    put(end, heads_.size(), 2);
    put(end, heads_.size(), 2);
    put(end, directory_.size(), 4);
    put(end, length_, 4);
    put(end, 0, 2);
    std::vector<std::string_view> pieces;
    for (std::size_t i = 0; i < heads_.size(); ++i) {
      pieces.push_back(heads_[i]);
      pieces.push_back(contents_[i]);
    }
    pieces.push_back(directory_);
    pieces.push_back(end);
    write_file(path, pieces);
  }

 private:
  std::vector<std::string> heads_;
  std::vector<std::string_view> contents_;
  std::string directory_;
  std::uint64_t length_ = 0;
};

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
  put(start, text.size(), 2);
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
