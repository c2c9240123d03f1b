#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace aelab {

/// The pixels of a picture file, row by row: [height, width, channels], from 0 to `white`.
struct Picture {
  std::int64_t width = 0, height = 0;
  std::int64_t channels = 1;  ///< 1: gray, 3: RGB
  std::vector<std::uint16_t> pixels = {};
  std::uint16_t white = 255;  ///< 65,535 where the file has 16 bits a channel
  bool turned = false;        ///< whether the file was stored in another orientation
};

/// Whether a file's name ends as those of PNG and JPEG files do.
bool is_picture_file(const std::filesystem::path& path);
/// Whether it ends as those of other pictures, which aelab does not read.
bool is_other_picture_file(const std::filesystem::path& path);

/// Decodes PNG or JPEG, told apart by their first bytes, with all of their 8 or 16 bits, and turns them
/// upright as their EXIF orientation says. The same pixels as Pillow's exif_transpose and then convert("L")
/// (1 channel) or convert("RGB") (3), which lacks 16 bits of color: transparency is left out, gray is 0.299 R
/// + 0.587 G
/// + 0.114 B. Error names `file`: neither format, damaged, cut short, larger than 100 million pixels or than
/// its bytes can hold.
Picture decode_picture(std::string_view bytes, std::int64_t channels, const std::string& file);

Picture read_picture(const std::filesystem::path& path, std::int64_t channels);

/// Scaled to width x height: a triangle filter as wide as what becomes one pixel, along rows and then
/// along columns; the same pixels as Pillow's resize(..., BILINEAR) of the width and then of the height.
Picture resized(const Picture& image, std::int64_t width, std::int64_t height);

/// The middle of a picture; where a rest is odd, it leaves more on the right and below. std::invalid_argument
/// when it is larger than the picture.
Picture middle_of(const Picture& image, std::int64_t width, std::int64_t height);

}  // namespace aelab
