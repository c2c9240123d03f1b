#include "aelab/core/image.h"

#include <png.h>

#include <algorithm>
#include <stdexcept>

namespace aelab {
namespace {

constexpr std::int64_t longest_side = 1'000'000;  // libpng's own limit
constexpr std::int64_t most_bytes = 1'000'000'000;

void require_image(bool ok, const char* what) {
  if (!ok) throw std::invalid_argument(std::string("image: ") + what);
}

std::size_t bytes_of(std::int64_t width, std::int64_t height, std::int64_t channels) {
  require_image(channels == 1 || channels == 3, "it must have 1 or 3 channels");
  require_image(width > 0 && height > 0, "it has no pixels");
  require_image(width <= longest_side && height <= longest_side, "it has more than a million pixels a side");
  require_image(width * height * channels <= most_bytes, "it has more than a gigabyte of pixels");
  return static_cast<std::size_t>(width * height * channels);
}

void check_image(const Image& image) {
  require_image(image.pixels.size() == bytes_of(image.width, image.height, image.channels),
                "its pixels do not fit its size");
}

Image blank(std::int64_t width, std::int64_t height, std::int64_t channels, std::uint8_t value) {
  return {width, height, channels, std::vector<std::uint8_t>(bytes_of(width, height, channels), value)};
}

}  // namespace

std::string encode_png(const Image& image) {
  check_image(image);
  png_image png = {};
  png.version = PNG_IMAGE_VERSION;
  png.width = static_cast<png_uint_32>(image.width);
  png.height = static_cast<png_uint_32>(image.height);
  png.format = image.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(png);
  std::string result(size, '\0');
  if (!png_image_write_to_memory(&png, result.data(), &size, 0, image.pixels.data(), 0, nullptr)) {
    throw std::runtime_error(std::string("cannot encode an image as PNG: ") + png.message);
  }
  result.resize(size);
  return result;
}

Image tile(std::span<const Image> images, std::int64_t columns, std::int64_t gap, std::uint8_t background) {
  require_image(!images.empty(), "there is nothing to tile");
  require_image(columns > 0 && gap >= 0 && gap < longest_side,
                "columns must be positive, and the gap not negative");
  const Image& first = images.front();
  check_image(first);
  const auto count = static_cast<std::int64_t>(images.size());
  columns = std::min(columns, count);
  const std::int64_t rows = (count + columns - 1) / columns;
  require_image(count < longest_side, "there are more than a million images to tile");
  Image result = blank(columns * (first.width + gap) - gap, rows * (first.height + gap) - gap, first.channels,
                       background);
  for (std::int64_t i = 0; i < count; ++i) {
    const Image& image = images[static_cast<std::size_t>(i)];
    check_image(image);
    const bool same =
        image.width == first.width && image.height == first.height && image.channels == first.channels;
    require_image(same, "images to tile must have one size");
    const std::int64_t left = i % columns * (image.width + gap), top = i / columns * (image.height + gap);
    for (std::int64_t y = 0; y < image.height; ++y) {
      std::copy_n(image.pixels.begin() + y * image.width * image.channels, image.width * image.channels,
                  result.pixels.begin() + ((top + y) * result.width + left) * image.channels);
    }
  }
  return result;
}

Image enlarge(const Image& image, std::int64_t factor) {
  check_image(image);
  require_image(factor > 0 && factor <= longest_side, "the factor must be positive");
  Image result = blank(image.width * factor, image.height * factor, image.channels, 0);
  auto to = result.pixels.begin();
  for (std::int64_t y = 0; y < result.height; ++y) {
    for (std::int64_t x = 0; x < result.width; ++x) {
      const std::int64_t from = (y / factor * image.width + x / factor) * image.channels;
      to = std::copy_n(image.pixels.begin() + from, image.channels, to);
    }
  }
  return result;
}

}  // namespace aelab
