#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace aelab {

/// A text file's content as UTF-8 without a byte order mark, and what it was.
struct DecodedText {
  std::string text;
  std::string encoding;  ///< "UTF-16"; empty for UTF-8 and its subset ASCII
};

/// Decodes UTF-8 and UTF-16 (RFC 2781), with or without a byte order mark. Other encodings that extend ASCII
/// pass unchanged. Error that names `file` and the byte: UTF-32, a damaged UTF-16 text, bytes that are no
/// text.
DecodedText decode_text(std::string bytes, const std::string& file);

/// Whether a text that begins so is UTF-16.
bool is_utf16(std::string_view begin);

/// Throws an Error if these bytes of a text, the first of which is at `offset` in the file, have a zero byte.
void require_no_zero_byte(std::string_view bytes, std::size_t offset, const std::string& file);

}  // namespace aelab
