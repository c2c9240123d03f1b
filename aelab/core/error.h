#pragma once

#include <stdexcept>
#include <string>

namespace aelab {

/// Escapes control characters, which a terminal would interpret: "\x1b". Messages may quote files.
inline std::string printable(std::string text) {
  constexpr const char* kDigits = "0123456789abcdef";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if ((c < 0x20 && c != '\n') || c == 0x7f)
      text.replace(i, 1, {'\\', 'x', kDigits[c >> 4], kDigits[c & 15]});
  }
  return text;
}

/// An error in the user's input: a wrong config, a missing or malformed file. It is thrown before anything is
/// created or changed. The program prints it and exits with 2.
class Error : public std::runtime_error {
 public:
  explicit Error(std::string message) : std::runtime_error(printable(std::move(message))) {}
};

/// An Error about a field of a config. Its path is relative to whatever threw it: whoever owns that prepends
/// its own name (in_field() in core/problems.h), and the command line makes options of paths. "../code" is
/// the field "code" of the owner.
class FieldError : public Error {
 public:
  FieldError(std::string path, std::string problem)
      : Error(path + ": " + problem), path_(std::move(path)), problem_(std::move(problem)) {}

  const std::string& path() const { return path_; }  ///< "bottleneck.k"
  const std::string& problem() const { return problem_; }

 private:
  std::string path_, problem_;
};

/// An error during the work: a full disk, a loss that became NaN. The program exits with 1.
class Failure : public std::runtime_error {
 public:
  explicit Failure(std::string message) : std::runtime_error(printable(std::move(message))) {}
};

}  // namespace aelab
