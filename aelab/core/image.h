#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace aelab {

/// 8-bit pixels, row by row: [height, width, channels].
struct Image {
  std::int64_t width = 0, height = 0;
  std::int64_t channels = 1;  ///< 1: gray, 3: RGB
  std::vector<std::uint8_t> pixels;
};

// All of these throw std::invalid_argument on images without pixels, with another number of pixels than their
// size says, or with more than a million pixels per side or a gigabyte in all.

/// The bytes of a PNG file; the same for the same image, as no time is written.
std::string encode_png(const Image& image);

/// Arranges images of one size in a grid, row by row, with `gap` pixels of the gray `background` between them
/// and in empty places.
Image tile(std::span<const Image> images, std::int64_t columns, std::int64_t gap = 1,
           std::uint8_t background = 255);

/// Every pixel becomes factor x factor pixels.
Image enlarge(const Image& image, std::int64_t factor);

}  // namespace aelab
