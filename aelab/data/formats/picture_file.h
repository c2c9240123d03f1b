#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "aelab/core/image.h"

namespace aelab {

/// Whether a file's name ends as those of PNG and JPEG files do.
bool is_picture_file(const std::filesystem::path& path);
/// Whether it ends as those of other pictures, which aelab does not read.
bool is_other_picture_file(const std::filesystem::path& path);

/// Decodes PNG or JPEG, told apart by their first bytes, to the same pixels as Pillow's convert("L") (1
/// channel) or convert("RGB") (3): 16 bits are cut to 8, transparency is left out, grey is 0.299 R + 0.587 G
/// + 0.114 B. Error names `file`: neither format, damaged, cut short, larger than 100 million pixels or than
/// its bytes can hold.
Image decode_picture(std::string_view bytes, std::int64_t channels, const std::string& file);

Image read_picture(const std::filesystem::path& path, std::int64_t channels);

/// Scaled to width x height: a triangle filter as wide as what becomes one pixel, along rows and then
/// along columns; the same pixels as Pillow's resize(..., BILINEAR) of the width and then of the height.
Image resized(const Image& image, std::int64_t width, std::int64_t height);

/// The middle of an image; where a rest is odd, it leaves more on the right and below. std::invalid_argument
/// when it is larger than the image.
Image middle_of(const Image& image, std::int64_t width, std::int64_t height);

}  // namespace aelab
