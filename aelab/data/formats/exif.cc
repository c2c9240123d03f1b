#include "aelab/data/formats/exif.h"

#include <cstddef>
#include <cstdint>

namespace aelab {
namespace {

using namespace std::string_view_literals;

constexpr int kUpright = 1;

/// The unsigned number of `count` bytes at a place; 0 beyond the end.
std::uint32_t number_at(std::string_view bytes, std::size_t at, std::size_t count, bool big_endian) {
  if (at > bytes.size() || bytes.size() - at < count) return 0;
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < count; ++i)
    number = number << 8 | static_cast<std::uint8_t>(bytes[at + (big_endian ? i : count - 1 - i)]);
  return number;
}

}  // namespace

int exif_orientation(std::string_view exif) {
  constexpr std::size_t kEntry = 12, kValue = 8;
  constexpr std::uint32_t kOrientation = 0x0112, kShort = 3;
  const bool big_endian = exif.starts_with("MM\0*"sv);
  if (!big_endian && !exif.starts_with("II*\0"sv)) return kUpright;
  const auto number = [&](std::size_t at, std::size_t count) {
    return number_at(exif, at, count, big_endian);
  };
  const std::size_t directory = number(4, 4);
  const auto entries = number(directory, 2);
  for (std::uint32_t i = 0; i < entries; ++i) {
    const auto entry = directory + 2 + i * kEntry;
    if (number(entry, 2) != kOrientation || number(entry + 2, 2) != kShort) continue;
    const auto orientation = static_cast<int>(number(entry + kValue, 2));
    return orientation >= 1 && orientation <= 8 ? orientation : kUpright;
  }
  return kUpright;
}

std::string_view exif_of_jpeg(std::string_view jpeg) {
  constexpr std::uint32_t kApp1 = 0xe1, kStartOfScan = 0xda, kEnd = 0xd9;
  constexpr std::string_view kExif = "Exif\0\0"sv;
  for (std::size_t at = 2; at + 4 <= jpeg.size() && jpeg[at] == '\xff';) {
    const auto marker = number_at(jpeg, at + 1, 1, true);
    if (marker == 0xff) {  // fill
      ++at;
      continue;
    }
    if (marker == kStartOfScan || marker == kEnd) break;
    const auto length = number_at(jpeg, at + 2, 2, true);  // with its own two bytes
    if (length < 2 || length > jpeg.size() - at - 2) break;
    const auto content = jpeg.substr(at + 4, length - 2);
    if (marker == kApp1 && content.starts_with(kExif)) return content.substr(kExif.size());
    at += 2 + length;
  }
  return {};
}

}  // namespace aelab
