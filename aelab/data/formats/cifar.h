#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace aelab {

/// The records of one of CIFAR's binary files: labels, then 3 x 32 x 32 bytes.
/// Format: https://www.cs.toronto.edu/~kriz/cifar.html
struct CifarFile {
  static constexpr std::int64_t kPixels = 3 * 32 * 32;
  std::vector<std::int64_t> labels;  ///< [rows]
  std::string bytes;                 ///< of the file, records and all
  std::int64_t label_bytes = 1;      ///< before the pixels of a record
  std::int64_t rows() const { return static_cast<std::int64_t>(labels.size()); }
  const std::uint8_t* pixels(std::int64_t row) const;
};

/// Takes the label at place `label` of the `label_bytes` of each record. Error names `file` and the byte: a
/// truncated record, a label that is not below `classes`.
CifarFile parse_cifar(std::string bytes, std::int64_t label_bytes, std::int64_t label, std::int64_t classes,
                      const std::string& file);

}  // namespace aelab
