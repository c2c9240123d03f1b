#include "aelab/data/formats/text_encoding.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "aelab/core/error.h"

namespace aelab {
namespace {

using namespace std::string_view_literals;

void append_utf8(std::string& text, std::uint32_t point) {
  if (point < 0x80) {
    text += static_cast<char>(point);
    return;
  }
  const int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  constexpr std::uint32_t kLead[] = {0, 0xc0, 0xe0, 0xf0};
  text += static_cast<char>(kLead[more] | point >> 6 * more);
  for (int i = more; i-- > 0;) text += static_cast<char>(0x80 | ((point >> 6 * i) & 0x3f));
}

std::string from_utf16(std::string_view bytes, bool big_endian, const std::string& file) {
  const auto damaged = [&](std::size_t at) {
    return Error(fmt::format("{}: byte {}: is not valid UTF-16; save the file as UTF-8", file, at));
  };
  if (bytes.size() % 2 != 0) throw damaged(bytes.size());
  const auto unit = [&](std::size_t at) {
    const auto byte = [&](std::size_t i) { return std::uint32_t{static_cast<std::uint8_t>(bytes[i])}; };
    return big_endian ? byte(at) << 8 | byte(at + 1) : byte(at + 1) << 8 | byte(at);
  };
  std::string text;
  text.reserve(bytes.size() / 2);
  for (std::size_t at = 0; at < bytes.size(); at += 2) {
    auto point = unit(at);
    if (at == 0 && point == 0xfeff) continue;
    if (point >= 0xd800 && point < 0xe000) {
      const auto low = point < 0xdc00 && at + 2 < bytes.size() ? unit(at + 2) : 0;
      if (low < 0xdc00 || low >= 0xe000) throw damaged(at);
      point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
      at += 2;
    }
    append_utf8(text, point);
  }
  return text;
}

/// Whether most bytes at every second place are zero, and hardly any others: UTF-16 of mostly Western text.
bool has_zeros_at(std::string_view bytes, std::size_t first) {
  constexpr std::size_t kLooked = 1024;
  std::size_t zeros[2] = {0, 0};
  const auto looked = std::min(bytes.size(), kLooked) / 2 * 2;
  for (std::size_t i = 0; i < looked; ++i) zeros[i % 2] += bytes[i] == '\0';
  return looked >= 4 && 4 * zeros[first] >= looked && 5 * zeros[1 - first] <= zeros[first];
}

/// Whether the text is big-endian; nothing if it is not UTF-16.
std::optional<bool> order_of_utf16(std::string_view text) {
  if (text.starts_with("\xff\xfe") || has_zeros_at(text, 1)) return false;
  if (text.starts_with("\xfe\xff") || has_zeros_at(text, 0)) return true;
  return std::nullopt;
}

bool is_utf32(std::string_view text) {
  return text.starts_with("\xff\xfe\0\0"sv) || text.starts_with("\0\0\xfe\xff"sv);
}

}  // namespace

bool is_utf16(std::string_view begin) { return !is_utf32(begin) && order_of_utf16(begin).has_value(); }

void require_no_zero_byte(std::string_view bytes, std::size_t offset, const std::string& file) {
  if (const auto zero = bytes.find('\0'); zero != std::string_view::npos)
    throw Error(fmt::format("{}: byte {}: is a zero byte, so this is not a text file; save the table as CSV",
                            file, offset + zero));
}

DecodedText decode_text(std::string bytes, const std::string& file) {
  const std::string_view view = bytes;
  if (view.starts_with("\xef\xbb\xbf")) return {bytes.substr(3), ""};
  if (is_utf32(view))
    throw Error(file + ": is UTF-32; save the file as UTF-8: iconv -f UTF-32 -t UTF-8 " + file);
  if (const auto big_endian = order_of_utf16(view)) return {from_utf16(view, *big_endian, file), "UTF-16"};
  require_no_zero_byte(view, 0, file);
  return {std::move(bytes), ""};
}

}  // namespace aelab
