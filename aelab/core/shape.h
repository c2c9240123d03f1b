#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace aelab {

/// The shape of one sample or code, without the batch: {1, 28, 28}.
using Shape = std::vector<std::int64_t>;

inline std::int64_t elements(const Shape& shape) {
  std::int64_t product = 1;
  for (const auto size : shape) product *= size;
  return product;
}

/// "1x28x28"
inline std::string to_string(const Shape& shape) {
  std::string text;
  for (const auto size : shape) text += (text.empty() ? "" : "x") + std::to_string(size);
  return text;
}

/// "1, 28, 28"
inline std::string in_list(const Shape& shape) {
  std::string text;
  for (const auto size : shape) text += (text.empty() ? "" : ", ") + std::to_string(size);
  return text;
}

}  // namespace aelab
