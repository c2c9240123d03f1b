#include "aelab/data/idx.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <system_error>
#include <utility>

#include "aelab/core/error.h"
#include "aelab/core/files.h"

namespace aelab {
namespace {

std::size_t width_of(std::uint8_t type) {
  switch (type) {
    case 0x08:
    case 0x09:
      return 1;
    case 0x0B:
      return 2;
    case 0x0C:
    case 0x0D:
      return 4;
    case 0x0E:
      return 8;
    default:
      return 0;
  }
}

std::size_t header_size(const IdxArray& array) { return 4 + 4 * array.shape.size(); }

// The array without its values, which are known to be there: all of the bytes after the header.
IdxArray parse_header(std::string_view bytes, const std::string& file) {
  constexpr std::size_t most_dimensions = 8;
  const auto refuse = [&](std::size_t at, std::string_view what) {
    return Error(fmt::format("{}: byte {}: {}", file, at, what));
  };
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); };

  if (bytes.size() < 4) throw refuse(bytes.size(), "this is no IDX file: it ends within the magic number");
  if (byte(0) != 0 || byte(1) != 0) {
    throw refuse(byte(0) != 0 ? 0 : 1, "this is no IDX file: its first two bytes are not 0");
  }
  IdxArray array;
  array.type = byte(2);
  std::uint64_t size = width_of(array.type);
  if (size == 0) throw refuse(2, fmt::format("0x{:02X} is no type of values in IDX", array.type));
  const std::size_t dimensions = byte(3);
  if (dimensions == 0) throw refuse(3, "the array has no dimensions");
  if (dimensions > most_dimensions) {
    throw refuse(
        3, fmt::format("the array has {} dimensions; at most {} are supported", dimensions, most_dimensions));
  }
  if (bytes.size() < 4 + 4 * dimensions) throw refuse(bytes.size(), "the file ends within the dimensions");
  for (std::size_t at = 4; at < 4 + 4 * dimensions; at += 4) {
    std::uint32_t dimension = 0;
    for (std::size_t i = 0; i < 4; ++i) dimension = dimension << 8 | byte(at + i);
    if (dimension == 0) throw refuse(at, "a dimension is 0");
    if (__builtin_mul_overflow(size, std::uint64_t{dimension}, &size)) {
      throw refuse(at, "the dimensions' product exceeds 64 bits");
    }
    array.shape.push_back(dimension);
  }
  const std::size_t found = bytes.size() - header_size(array);
  if (found < size) {
    throw refuse(bytes.size(),
                 fmt::format("the file is truncated: {} bytes of values expected, {} found", size, found));
  }
  if (found > size) {
    throw refuse(header_size(array) + size, fmt::format("{} bytes follow the values", found - size));
  }
  return array;
}

void to_native(std::string& values, std::size_t width) {
  if (std::endian::native == std::endian::big || width == 1) return;
  for (auto at = values.begin(); at != values.end(); at += static_cast<std::ptrdiff_t>(width)) {
    std::reverse(at, at + static_cast<std::ptrdiff_t>(width));
  }
}

bool is_missing(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::status(path, ignored).type() == std::filesystem::file_type::not_found;
}

}  // namespace

IdxArray parse_idx(std::string_view bytes, const std::string& file) {
  IdxArray array = parse_header(bytes, file);
  array.bytes = bytes.substr(header_size(array));
  to_native(array.bytes, width_of(array.type));
  return array;
}

IdxArray read_idx(const std::filesystem::path& path) {
  auto found = path;
  if (is_missing(path)) {
    found += ".gz";
    if (is_missing(found)) {
      throw Error(fmt::format("cannot read {}: neither it nor {} exists", path.string(), found.string()));
    }
  }
  std::string content = read_gzip(found);
  IdxArray array = parse_header(content, found.string());
  content.erase(0, header_size(array));  // keeps the memory, and with it only one copy of the values
  array.bytes = std::move(content);
  to_native(array.bytes, width_of(array.type));
  return array;
}

}  // namespace aelab
