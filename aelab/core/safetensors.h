#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace aelab {

/// A named tensor as a safetensors file holds it: little-endian values, row by row.
/// Format: https://github.com/huggingface/safetensors
struct TensorBytes {
  std::string name;
  std::string dtype;  ///< "F32", "F64", "I64", "U8", "BOOL", ...
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;
};

using Metadata = std::map<std::string, std::string>;

/// Writes a file whole or not at all (see write_file; Failure). Tensors of wider types come first, so that
/// all are aligned; tensors of one width keep their order. Two entries are added to the metadata:
/// "aelab.checksums", a JSON object from each tensor's name to the CRC-32 of its bytes in 8 hex digits, and
/// "aelab.metadata_checksum", the CRC-32 of
/// {"metadata":{all the other entries},"tensors":{name:[dtype,[shape]]}} in compact UTF-8 JSON, keys sorted.
/// std::invalid_argument on a size that is not shape x dtype, an unknown dtype, a name given twice, or text
/// that is not UTF-8.
void write_safetensors(const std::filesystem::path& path, std::span<const TensorBytes> tensors,
                       Metadata metadata = {});

/// Where a tensor's bytes lie in a file.
struct TensorPlace {
  std::string name, dtype;
  std::vector<std::int64_t> shape;
  std::uint64_t offset = 0;  ///< from the file's beginning
};

/// The header alone, checked like SafetensorsFile::read's; no tensor is read, so checksums are not looked at.
std::vector<TensorPlace> read_safetensors_places(const std::filesystem::path& path);

/// The metadata alone, from the header; checksums are not looked at, and left in.
Metadata read_safetensors_metadata(const std::filesystem::path& path);

/// A safetensors file in memory. Copies share the bytes.
class SafetensorsFile {
 public:
  /// Reads and checks everything: the header, that the tensors fill the data without holes or overlaps, and
  /// the checksums, if the file has them. Error names the file and what is wrong where.
  static SafetensorsFile read(const std::filesystem::path& path);

  /// Without the two entries that hold checksums.
  const Metadata& metadata() const& { return metadata_; }
  const Metadata& metadata() && = delete;
  /// In the order of their bytes, which may be unaligned in files that others wrote.
  const std::vector<TensorBytes>& tensors() const& { return tensors_; }
  const std::vector<TensorBytes>& tensors() && = delete;
  /// nullptr when there is no such tensor.
  const TensorBytes* find(std::string_view name) const&;
  const TensorBytes* find(std::string_view name) && = delete;
  /// Whether the file carried checksums.
  bool checked() const { return checked_; }

 private:
  SafetensorsFile() = default;

  Metadata metadata_;
  std::vector<TensorBytes> tensors_;
  std::shared_ptr<const std::byte[]> buffer_;
  bool checked_ = false;
};

}  // namespace aelab
