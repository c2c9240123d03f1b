#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace aelab {

/// 8-bit pixels, row by row: [height, width, channels].
struct Image {
  std::int64_t width = 0, height = 0;
  std::int64_t channels = 1;  ///< 1: grey, 3: RGB
  std::vector<std::uint8_t> pixels;
};

// All of these throw std::invalid_argument on images without pixels, whose pixels do not fit their size,
// or with more than a million pixels a side or a gigabyte of them.

/// The bytes of a PNG file, the same for the same image (no time in it).
std::string encode_png(const Image& image);

/// Arranges images of one size in a grid, row by row, `gap` pixels of the grey `background` between them and
/// in the places left over.
Image tile(std::span<const Image> images, std::int64_t columns, std::int64_t gap = 1,
           std::uint8_t background = 255);

/// Every pixel becomes factor x factor pixels.
Image enlarge(const Image& image, std::int64_t factor);

}  // namespace aelab
