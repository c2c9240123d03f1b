#include "aelab/core/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <new>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "aelab/core/checksum.h"
#include "aelab/core/error.h"
#include "aelab/core/files.h"
#include "aelab/core/json.h"

namespace aelab {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors' bytes are used as they are in the file");

constexpr std::uint64_t longest_header = 100'000'000;
constexpr const char* metadata_key = "__metadata__";
constexpr const char* checksums_key = "aelab.checksums";
constexpr const char* metadata_checksum_key = "aelab.metadata_checksum";

// Bytes a value, or 0 for a dtype that is not known.
std::uint64_t width_of(std::string_view dtype) {
  static constexpr std::pair<std::string_view, std::uint64_t> widths[] = {
      {"BOOL", 1},    {"U8", 1},  {"I8", 1},          {"F8_E5M2", 1},     {"F8_E4M3", 1},
      {"F8_E8M0", 1}, {"U16", 2}, {"I16", 2},         {"F16", 2},         {"BF16", 2},
      {"U32", 4},     {"I32", 4}, {"F32", 4},         {"U64", 8},         {"I64", 8},
      {"F64", 8},     {"C64", 8}, {"F8_E4M3FNUZ", 1}, {"F8_E5M2FNUZ", 1},
  };
  for (const auto& [name, width] : widths) {
    if (name == dtype) return width;
  }
  return 0;
}

// shape x dtype in bytes; nothing when a dimension is negative or the product leaves 63 bits.
std::optional<std::uint64_t> size_of(const TensorBytes& tensor) {
  std::int64_t size = static_cast<std::int64_t>(width_of(tensor.dtype));
  for (const std::int64_t dimension : tensor.shape) {
    if (dimension < 0 || __builtin_mul_overflow(size, dimension, &size)) return std::nullopt;
  }
  return static_cast<std::uint64_t>(size);
}

std::string metadata_checksum(const Metadata& metadata, std::span<const TensorBytes> tensors) {
  nlohmann::json covered = {{"metadata", metadata}, {"tensors", nlohmann::json::object()}};
  covered["metadata"].erase(metadata_checksum_key);
  for (const auto& tensor : tensors) covered["tensors"][tensor.name] = {tensor.dtype, tensor.shape};
  const std::string text = covered.dump();
  return checksum(text);
}

// ---- writing

void check_tensors(std::span<const TensorBytes> tensors) {
  std::set<std::string_view> names = {metadata_key};
  for (const auto& tensor : tensors) {
    const auto refuse = [&](std::string_view why) {
      throw std::invalid_argument(fmt::format("safetensors: tensor \"{}\" {}", tensor.name, why));
    };
    if (!names.insert(tensor.name).second) refuse("has a name that is taken");
    if (width_of(tensor.dtype) == 0) refuse(fmt::format("has the unknown dtype \"{}\"", tensor.dtype));
    if (size_of(tensor) != tensor.bytes.size()) refuse("has bytes that do not fit its shape and dtype");
  }
}

std::string header_of(std::span<const TensorBytes> tensors, Metadata metadata) {
  nlohmann::json checksums = nlohmann::json::object();
  for (const auto& tensor : tensors) checksums[tensor.name] = checksum(tensor.bytes);
  metadata[checksums_key] = checksums.dump();
  metadata[metadata_checksum_key] = metadata_checksum(metadata, tensors);

  nlohmann::ordered_json header = {{metadata_key, metadata}};
  std::uint64_t offset = 0;
  for (const auto& tensor : tensors) {
    const std::uint64_t end = offset + tensor.bytes.size();
    header[tensor.name] = {{"dtype", tensor.dtype}, {"shape", tensor.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');
  if (text.size() > longest_header) throw std::invalid_argument("safetensors: the header exceeds 100 MB");
  return text;
}

// ---- reading

class SafetensorsReader {
 public:
  explicit SafetensorsReader(const std::filesystem::path& path) : file_(path), size_(file_.size()) {}

  void read_header() {
    std::array<unsigned char, 8> start;
    if (size_ < start.size() || file_.read(start.data(), start.size()) != start.size()) {
      refuse(fmt::format("it is not a safetensors file: it has {} bytes", size_));
    }
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < start.size(); ++i) length |= std::uint64_t{start[i]} << 8 * i;
    if (length > longest_header)
      refuse("it is not a safetensors file: its header would be longer than 100 MB");
    if (length > size_ - start.size()) {
      refuse(fmt::format("it is truncated: it has {} bytes, its header alone needs {}", size_,
                         start.size() + length));
    }
    std::string text(length, '\0');
    if (file_.read(text.data(), length) != length) refuse("it became shorter while it was read");
    if (!text.starts_with('{')) refuse("it is not a safetensors file: its header is not a JSON object");
    data_size_ = size_ - start.size() - length;
    take_header(parse_json(text, file_.path().string()));
  }

  std::shared_ptr<const std::byte[]> read_data() {
    std::shared_ptr<std::byte[]> buffer(new (std::nothrow) std::byte[data_size_]);
    if (!buffer) refuse(fmt::format("its {} bytes do not fit into memory", data_size_));
    if (file_.read(buffer.get(), data_size_) != data_size_) refuse("it became shorter while it was read");
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      tensors[i].bytes = {buffer.get() + begins_[i], static_cast<std::size_t>(*size_of(tensors[i]))};
    }
    return buffer;
  }

  // Whether there are checksums, which then hold.
  bool check_checksums() {
    const auto sums = metadata.find(checksums_key), own = metadata.find(metadata_checksum_key);
    if (sums == metadata.end() && own == metadata.end()) return false;
    if (sums == metadata.end() || own == metadata.end())
      refuse("one of its two entries of checksums is missing");
    if (own->second != metadata_checksum(metadata, tensors)) {
      refuse("it is damaged: its metadata, names, dtypes or shapes do not match their checksum");
    }
    const auto expected = parse_json(sums->second, file_.path().string() + ": " + checksums_key);
    if (!expected.is_object() || expected.size() != tensors.size())
      refuse("its checksums are not one a tensor");
    for (const auto& tensor : tensors) {
      const auto sum = expected.find(tensor.name);
      if (sum == expected.end()) refuse(fmt::format("tensor \"{}\" has no checksum", tensor.name));
      if (*sum != checksum(tensor.bytes)) {
        refuse(fmt::format("it is damaged: the bytes of tensor \"{}\" do not match their checksum",
                           tensor.name));
      }
    }
    metadata.erase(sums);
    metadata.erase(own);
    return true;
  }

  std::vector<TensorPlace> places() const {
    std::vector<TensorPlace> places;
    for (std::size_t i = 0; i < tensors.size(); ++i)
      places.push_back(
          {tensors[i].name, tensors[i].dtype, tensors[i].shape, size_ - data_size_ + begins_[i]});
    return places;
  }

  Metadata metadata;
  std::vector<TensorBytes> tensors;

 private:
  using Json = nlohmann::json;

  struct Entry {
    TensorBytes tensor;
    std::uint64_t begin = 0, end = 0;
  };

  [[noreturn]] void refuse(std::string_view why) const {
    throw Error(fmt::format("cannot read {}: {}", file_.path().string(), why));
  }

  [[noreturn]] void refuse_tensor(const std::string& name, std::string_view why) const {
    refuse(fmt::format("tensor \"{}\" {}", name, why));
  }

  void take_header(const Json& header) {
    std::vector<Entry> entries;
    for (const auto& [name, value] : header.items()) {
      if (name == metadata_key) {
        take_metadata(value);
      } else {
        entries.push_back(entry_of(name, value));
      }
    }
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
      return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
    });
    check_layout(entries);
    for (auto& entry : entries) {
      begins_.push_back(entry.begin);
      tensors.push_back(std::move(entry.tensor));
    }
  }

  void take_metadata(const Json& object) {
    if (!object.is_object()) refuse("its __metadata__ is not an object");
    for (const auto& [key, value] : object.items()) {
      if (!value.is_string())
        refuse(fmt::format("the value of \"{}\" in its __metadata__ is not a string", key));
      metadata[key] = value.get<std::string>();
    }
  }

  Entry entry_of(const std::string& name, const Json& value) const {
    const bool complete = value.is_object() && value.size() == 3 && value.contains("dtype") &&
                          value.contains("shape") && value.contains("data_offsets");
    if (!complete) refuse_tensor(name, "has no entry of dtype, shape and data_offsets");
    const Json &dtype = value["dtype"], &shape = value["shape"], &offsets = value["data_offsets"];
    if (!dtype.is_string()) refuse_tensor(name, "has a dtype that is not a string");
    if (!shape.is_array()) refuse_tensor(name, "has a shape that is not a list");
    if (!offsets.is_array() || offsets.size() != 2)
      refuse_tensor(name, "has data_offsets that are not a pair");

    Entry entry;
    entry.tensor.name = name;
    entry.tensor.dtype = dtype.get<std::string>();
    entry.begin = number(name, offsets[0]);
    entry.end = number(name, offsets[1]);
    for (const Json& dimension : shape) {
      entry.tensor.shape.push_back(static_cast<std::int64_t>(number(name, dimension)));
    }
    if (width_of(entry.tensor.dtype) == 0) {
      refuse_tensor(name, fmt::format("has the unknown dtype \"{}\"", entry.tensor.dtype));
    }
    const auto size = size_of(entry.tensor);
    if (!size) refuse_tensor(name, "has a shape whose size overflows");
    if (entry.begin > entry.end || entry.end - entry.begin != *size) {
      refuse_tensor(
          name, fmt::format("needs {} bytes by its shape and dtype, but its data_offsets are [{}, {}]", *size,
                            entry.begin, entry.end));
    }
    return entry;
  }

  std::uint64_t number(const std::string& name, const Json& value) const {
    constexpr auto most = std::uint64_t{std::numeric_limits<std::int64_t>::max()};
    const bool fits = value.is_number_unsigned()
                          ? value.get<std::uint64_t>() <= most
                          : value.is_number_integer() && value.get<std::int64_t>() >= 0;
    if (!fits)
      refuse_tensor(name, "has a shape or data_offsets with something else than whole numbers from 0");
    return value.get<std::uint64_t>();
  }

  void check_layout(const std::vector<Entry>& sorted) const {
    std::uint64_t end = 0;
    for (const auto& entry : sorted) {
      if (entry.begin != end) {
        refuse_tensor(entry.tensor.name,
                      fmt::format("{} at byte {} of the data",
                                  entry.begin < end ? "overlaps another" : "follows a hole",
                                  std::min(entry.begin, end)));
      }
      end = entry.end;
    }
    if (end > data_size_) {
      refuse(fmt::format("it is truncated: its tensors need {} bytes, it has {}", end, data_size_));
    }
    if (end < data_size_) refuse(fmt::format("{} bytes follow its last tensor", data_size_ - end));
  }

  InputFile file_;
  std::uint64_t size_, data_size_ = 0;
  std::vector<std::uint64_t> begins_;
};

}  // namespace

void write_safetensors(const std::filesystem::path& path, std::span<const TensorBytes> tensors,
                       Metadata metadata) {
  check_tensors(tensors);
  std::vector<TensorBytes> sorted(tensors.begin(), tensors.end());
  std::sort(sorted.begin(), sorted.end(), [](const TensorBytes& a, const TensorBytes& b) {
    const auto x = width_of(a.dtype), y = width_of(b.dtype);
    return x != y ? x > y : a.name < b.name;
  });
  std::string header;
  try {
    header = header_of(sorted, std::move(metadata));
  } catch (const nlohmann::json::exception& error) {
    throw std::invalid_argument(
        fmt::format("safetensors: a name or metadata is not UTF-8: {}", error.what()));
  }
  const std::uint64_t length = header.size();
  std::vector<std::string_view> pieces = {{reinterpret_cast<const char*>(&length), sizeof(length)}, header};
  for (const auto& tensor : sorted) {
    pieces.emplace_back(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size());
  }
  write_file(path, pieces);
}

std::vector<TensorPlace> read_safetensors_places(const std::filesystem::path& path) {
  SafetensorsReader reader(path);
  reader.read_header();
  return reader.places();
}

Metadata read_safetensors_metadata(const std::filesystem::path& path) {
  SafetensorsReader reader(path);
  reader.read_header();
  return std::move(reader.metadata);
}

SafetensorsFile SafetensorsFile::read(const std::filesystem::path& path) {
  SafetensorsReader reader(path);
  reader.read_header();
  SafetensorsFile file;
  file.buffer_ = reader.read_data();
  file.checked_ = reader.check_checksums();
  file.metadata_ = std::move(reader.metadata);
  file.tensors_ = std::move(reader.tensors);
  return file;
}

const TensorBytes* SafetensorsFile::find(std::string_view name) const& {
  for (const auto& tensor : tensors_) {
    if (tensor.name == name) return &tensor;
  }
  return nullptr;
}

}  // namespace aelab
