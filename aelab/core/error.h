#pragma once

#include <stdexcept>
#include <string>

namespace aelab {

/// What a terminal would take for commands, written out: "\x1b". Messages may hold what stands in files.
inline std::string printable(std::string text) {
  constexpr const char* kDigits = "0123456789abcdef";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if ((c < 0x20 && c != '\n') || c == 0x7f)
      text.replace(i, 1, {'\\', 'x', kDigits[c >> 4], kDigits[c & 15]});
  }
  return text;
}

/// A user's mistake: a wrong config, a missing or malformed file. The program prints it and exits with 2;
/// whoever throws it has created and changed nothing.
class Error : public std::runtime_error {
 public:
  explicit Error(std::string message) : std::runtime_error(printable(std::move(message))) {}
};

/// Something that went wrong while working: a full disk, a loss that became NaN. The program exits with 1.
class Failure : public std::runtime_error {
 public:
  explicit Failure(std::string message) : std::runtime_error(printable(std::move(message))) {}
};

}  // namespace aelab
