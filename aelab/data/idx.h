#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace aelab {

/// An array in the IDX format of MNIST. Format: http://yann.lecun.com/exdb/mnist
struct IdxArray {
  std::vector<std::int64_t> shape;  ///< 1 to 8 dimensions, none of them 0
  std::uint8_t type = 0;            ///< 0x08 u8, 0x09 i8, 0x0B i16, 0x0C i32, 0x0D f32, 0x0E f64
  std::string bytes;                ///< the values, row by row, in native byte order
};

/// Error names `file` and the byte: a wrong magic number or type, no or more than 8 dimensions, a dimension
/// of 0, too few or too many values.
IdxArray parse_idx(std::string_view bytes, const std::string& file);

/// Reads a file that is gzipped or plain; where `path` is missing, `path`.gz. Error as for parse_idx and
/// read_gzip, and when both are missing.
IdxArray read_idx(const std::filesystem::path& path);

}  // namespace aelab
