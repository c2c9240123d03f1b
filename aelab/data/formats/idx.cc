#include "aelab/data/formats/idx.h"

#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "aelab/core/error.h"
#include "aelab/core/gzip_file.h"
#include "aelab/core/memory.h"

namespace aelab {
namespace {

std::optional<ValueType> idx_type(std::uint8_t code) {
  switch (code) {
    case 0x08:
      return ValueType::u8;
    case 0x09:
      return ValueType::i8;
    case 0x0B:
      return ValueType::i16;
    case 0x0C:
      return ValueType::i32;
    case 0x0D:
      return ValueType::f32;
    case 0x0E:
      return ValueType::f64;
    default:
      return std::nullopt;
  }
}

Error refusal(const std::string& file, std::uint64_t at, std::string_view what) {
  return Error(fmt::format("{}: byte {}: {}", file, at, what));
}

ArrayLayout parse_head(std::string_view head, const std::string& file) {
  constexpr std::size_t most_dimensions = 8;
  const auto refuse = [&](std::uint64_t at, std::string_view what) { return refusal(file, at, what); };
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(head[at]); };

  if (head.size() < 4) throw refuse(head.size(), "this is not an IDX file: it ends within the magic number");
  if (byte(0) != 0 || byte(1) != 0) {
    throw refuse(byte(0) != 0 ? 0 : 1, "this is not an IDX file: its first two bytes are not 0");
  }
  const auto type = idx_type(byte(2));
  if (!type) throw refuse(2, fmt::format("0x{:02X} is not a value type of IDX", byte(2)));
  const std::size_t dimensions = byte(3);
  if (dimensions == 0) throw refuse(3, "the array has no dimensions");
  if (dimensions > most_dimensions) {
    throw refuse(
        3, fmt::format("the array has {} dimensions; at most {} are supported", dimensions, most_dimensions));
  }
  const auto header = 4 + 4 * dimensions;
  if (head.size() < header) throw refuse(head.size(), "the file ends within the dimensions");
  ArrayLayout array{.type = *type, .shape = {}, .offset = header, .big_endian = true};
  for (std::size_t at = 4; at < header; at += 4) {
    std::uint32_t dimension = 0;
    for (std::size_t i = 0; i < 4; ++i) dimension = dimension << 8 | byte(at + i);
    if (dimension == 0) throw refuse(at, "a dimension is 0");
    array.shape.push_back(dimension);
    if (!bytes_of(array.type, array.shape)) throw refuse(at, "the dimensions' product exceeds 63 bits");
  }
  return array;
}

}  // namespace

ArrayLayout parse_idx(std::string_view head, std::uint64_t size, const std::string& file) {
  auto array = parse_head(head, file);
  const auto refuse = [&](std::uint64_t at, std::string_view what) { return refusal(file, at, what); };
  const auto found = size - array.offset;
  if (found < array.bytes()) {
    throw refuse(size, fmt::format("the file is truncated: {} bytes of values expected, {} found",
                                   array.bytes(), found));
  }
  if (found > array.bytes()) {
    throw refuse(array.offset + array.bytes(),
                 fmt::format("{} bytes follow the values", found - array.bytes()));
  }
  return array;
}

ArrayFile open_idx(const std::filesystem::path& path) {
  auto found = path;
  if (!file_exists(path)) {
    found += ".gz";
    if (!file_exists(found)) {
      throw Error(fmt::format("cannot read {}: neither it nor {} exists", path.string(), found.string()));
    }
  }
  constexpr std::size_t longest_header = 36;
  auto file = std::make_shared<const PooledFile>(found);
  std::string begin(longest_header, '\0');
  begin.resize(file->read_at(0, begin.data(), begin.size()));
  if (!begin.starts_with("\x1f\x8b")) {
    auto layout = parse_idx(begin, file->size(), found.string());
    return {std::move(file), std::move(layout)};
  }
  constexpr std::uintmax_t most_extra = 1 << 20;  // that follows by mistake
  auto content = read_gzip(found, [&](std::string_view head) -> ReadLimit {
    if (head.size() < longest_header) return ReadLimit::of_memory();
    const auto layout = parse_head(head, found.string());
    require_memory(static_cast<double>(layout.bytes()), found.string(),
                   "unpack it and set \"in_memory\" to false");
    return layout.offset + layout.bytes() + most_extra;
  });
  auto layout = parse_idx(content, content.size(), found.string());
  return {found.string(), std::move(layout), std::move(content)};
}

}  // namespace aelab
