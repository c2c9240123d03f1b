#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace aelab {

/// Where a JSON parser gave up.
struct JsonFailure {
  std::size_t read;         ///< bytes that it had read, the last of which it did not accept
  std::string_view reason;  ///< its own words
  char open;                ///< the innermost bracket that is open, '{' or '['; 0 outside all
};

/// An error in a JSON text.
struct JsonError {
  std::size_t at;       ///< the byte where it begins, from 0
  std::string message;  ///< with what to write instead
};

/// What is wrong with a text that is not JSON, in terms of what people write in its place: trailing and
/// missing commas, single quotes, comments, keys without quotes, values of Python.
JsonError json_error(std::string_view text, const JsonFailure& failure);

}  // namespace aelab
