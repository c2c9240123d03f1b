#include "aelab/data/formats/picture_file.h"

#include <fmt/format.h>
#include <png.h>
#include <turbojpeg.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <csetjmp>
#include <cstring>
#include <memory>
#include <stdexcept>

#include "aelab/core/error.h"
#include "aelab/core/files.h"

namespace aelab {
namespace {

constexpr std::string_view kPngMagic = "\x89PNG\r\n\x1a\n", kJpegMagic = "\xff\xd8\xff";
constexpr std::int64_t kMostPixels = 100'000'000;

[[noreturn]] void refuse_picture(const std::string& file, std::string_view why) {
  throw Error(fmt::format("{}: cannot be read as a picture: {}", file, why));
}

void check_picture_size(const std::string& file, std::int64_t width, std::int64_t height) {
  if (width <= 0 || height <= 0 || width > kMostPixels / height)
    refuse_picture(file,
                   fmt::format("it claims {} x {} pixels; at most {} are read", width, height, kMostPixels));
}

/// RGB to grey by ITU-R 601, in the 16-bit fixed point of Pillow.
std::uint8_t grey_of(const std::uint8_t* rgb) {
  return static_cast<std::uint8_t>((rgb[0] * 19595 + rgb[1] * 38470 + rgb[2] * 7471 + 0x8000) >> 16);
}

Image with_channels(Image image, std::int64_t channels) {
  if (image.channels == channels) return image;
  const auto count = static_cast<std::size_t>(image.width * image.height);
  std::vector<std::uint8_t> pixels(count * static_cast<std::size_t>(channels));
  for (std::size_t i = 0; i < count; ++i) {
    if (channels == 1)
      pixels[i] = grey_of(&image.pixels[3 * i]);
    else
      std::fill_n(&pixels[3 * i], 3, image.pixels[i]);
  }
  return {image.width, image.height, channels, std::move(pixels)};
}

// ---- PNG

/// What outlives a jump out of libpng.
struct PngReading {
  std::string_view bytes;
  std::size_t at = 0;
  std::array<char, 200> problem = {};
  png_structp png = nullptr;
  png_infop info = nullptr;
  Image image;
  std::vector<png_bytep> rows;
  bool too_large = false;

  ~PngReading() { png_destroy_read_struct(&png, &info, nullptr); }
};

void png_problem(png_structp png, png_const_charp message) {
  auto& problem = static_cast<PngReading*>(png_get_error_ptr(png))->problem;
  std::strncpy(problem.data(), message, problem.size() - 1);
  png_longjmp(png, 1);
}
void png_remark(png_structp, png_const_charp) {}

void png_take(png_structp png, png_bytep to, std::size_t count) {
  auto& reading = *static_cast<PngReading*>(png_get_io_ptr(png));
  if (count > reading.bytes.size() - reading.at) png_error(png, "it is cut short");
  std::memcpy(to, reading.bytes.data() + reading.at, count);
  reading.at += count;
}

/// Deflate packs at most 1032 times, so a picture cannot have more bytes than that.
bool png_can_hold(const PngReading& reading) {
  constexpr std::uint64_t most_packed = 1032;
  const auto width = png_get_image_width(reading.png, reading.info);
  const auto height = png_get_image_height(reading.png, reading.info);
  const auto bits = std::uint64_t{width} * png_get_bit_depth(reading.png, reading.info) *
                    png_get_channels(reading.png, reading.info);
  return width > 0 && height > 0 && width <= kMostPixels / height &&
         bits / 8 * height <= most_packed * reading.bytes.size();
}

// No object here has a destructor: a jump would pass it over.
bool png_read(PngReading& reading) {
  png_structp png = reading.png;
  png_infop info = reading.info;
  if (setjmp(png_jmpbuf(png))) return false;
  png_set_read_fn(png, &reading, png_take);
  png_read_info(png, info);
  if (!png_can_hold(reading)) {
    reading.too_large = true;
    return false;
  }
  png_set_strip_16(png);
  png_set_expand(png);
  png_set_strip_alpha(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  reading.image.width = png_get_image_width(png, info);
  reading.image.height = png_get_image_height(png, info);
  reading.image.channels = png_get_channels(png, info);
  reading.image.pixels.resize(png_get_rowbytes(png, info) * png_get_image_height(png, info));
  reading.rows.resize(png_get_image_height(png, info));
  for (std::size_t i = 0; i < reading.rows.size(); ++i)
    reading.rows[i] = &reading.image.pixels[i * png_get_rowbytes(png, info)];
  png_read_image(png, reading.rows.data());
  png_read_end(png, nullptr);
  return true;
}

Image decode_png(std::string_view bytes, const std::string& file) {
  PngReading reading;
  reading.bytes = bytes;
  reading.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reading, png_problem, png_remark);
  if (reading.png) reading.info = png_create_info_struct(reading.png);
  if (!reading.info) throw Failure("cannot start libpng: no memory");
  if (png_read(reading)) return std::move(reading.image);
  if (!reading.too_large) refuse_picture(file, reading.problem.data());
  refuse_picture(file, fmt::format("it claims {} x {} pixels, more than its {} bytes can hold or aelab reads",
                                   png_get_image_width(reading.png, reading.info),
                                   png_get_image_height(reading.png, reading.info), bytes.size()));
}

// ---- JPEG

Image decode_jpeg(std::string_view bytes, const std::string& file) {
  const std::unique_ptr<void, decltype(&tjDestroy)> handle(tjInitDecompress(), &tjDestroy);
  if (!handle) throw Failure("cannot start libjpeg-turbo: no memory");
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  int width = 0, height = 0, subsampling = 0, colours = 0;
  if (tjDecompressHeader3(handle.get(), data, bytes.size(), &width, &height, &subsampling, &colours) != 0)
    refuse_picture(file, tjGetErrorStr2(handle.get()));
  if (colours == TJCS_CMYK || colours == TJCS_YCCK)
    refuse_picture(file, "its colors are CMYK; save it as RGB");
  check_picture_size(file, width, height);
  const int channels = colours == TJCS_GRAY ? 1 : 3;
  Image image{.width = width, .height = height, .channels = channels, .pixels = {}};
  image.pixels.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) *
                      static_cast<std::size_t>(channels));
  if (tjDecompress2(handle.get(), data, bytes.size(), image.pixels.data(), width, 0, height,
                    channels == 1 ? TJPF_GRAY : TJPF_RGB, TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING) != 0)
    refuse_picture(file, tjGetErrorStr2(handle.get()));
  return image;
}

// ---- scaling

/// Of one place of the scaled line: where its source begins, and the weights of what lies from there on, in
/// fixed point.
struct ScaledPlace {
  std::int64_t begin;
  std::vector<std::int32_t> weights;
};

constexpr int kScalePrecision = 32 - 8 - 2;

std::vector<ScaledPlace> scaled_places(std::int64_t from, std::int64_t to) {
  const double scale = static_cast<double>(from) / static_cast<double>(to), reach = std::max(scale, 1.0);
  std::vector<ScaledPlace> places;
  for (std::int64_t i = 0; i < to; ++i) {
    const double middle = (static_cast<double>(i) + 0.5) * scale;
    const auto begin = std::max<std::int64_t>(0, static_cast<std::int64_t>(middle - reach + 0.5));
    const auto end = std::min(from, static_cast<std::int64_t>(middle + reach + 0.5));
    std::vector<double> weights;
    double sum = 0;
    for (auto x = begin; x < end; ++x) {
      const double distance = std::abs((static_cast<double>(x) - middle + 0.5) / reach);
      weights.push_back(std::max(1 - distance, 0.0));
      sum += weights.back();
    }
    ScaledPlace place{.begin = begin, .weights = {}};
    for (const double weight : weights)
      place.weights.push_back(static_cast<std::int32_t>(weight / sum * (1 << kScalePrecision) + 0.5));
    places.push_back(std::move(place));
  }
  return places;
}

/// One number from `weights` numbers, `stride` bytes apart.
std::uint8_t weighted(const ScaledPlace& place, const std::uint8_t* from, std::size_t stride) {
  std::int32_t sum = 1 << (kScalePrecision - 1);
  for (std::size_t k = 0; k < place.weights.size(); ++k) sum += from[k * stride] * place.weights[k];
  return static_cast<std::uint8_t>(std::clamp(sum >> kScalePrecision, 0, 255));
}

Image scaled_along_rows(const Image& image, std::int64_t width) {
  const auto places = scaled_places(image.width, width);
  Image scaled{width, image.height, image.channels, {}};
  scaled.pixels.reserve(static_cast<std::size_t>(width * image.height * image.channels));
  for (std::int64_t y = 0; y < image.height; ++y)
    for (const auto& place : places)
      for (std::int64_t c = 0; c < image.channels; ++c)
        scaled.pixels.push_back(weighted(
            place,
            &image.pixels[static_cast<std::size_t>((y * image.width + place.begin) * image.channels + c)],
            static_cast<std::size_t>(image.channels)));
  return scaled;
}

Image scaled_along_columns(const Image& image, std::int64_t height) {
  const auto row = static_cast<std::size_t>(image.width * image.channels);
  Image scaled{image.width, height, image.channels, {}};
  scaled.pixels.reserve(row * static_cast<std::size_t>(height));
  for (const auto& place : scaled_places(image.height, height))
    for (std::size_t x = 0; x < row; ++x)
      scaled.pixels.push_back(
          weighted(place, &image.pixels[static_cast<std::size_t>(place.begin) * row + x], row));
  return scaled;
}

bool ends_as(const std::filesystem::path& path, std::initializer_list<std::string_view> endings) {
  auto ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return std::find(endings.begin(), endings.end(), ending) != endings.end();
}

}  // namespace

bool is_picture_file(const std::filesystem::path& path) { return ends_as(path, {".png", ".jpg", ".jpeg"}); }

bool is_other_picture_file(const std::filesystem::path& path) {
  return ends_as(path, {".gif", ".bmp", ".tif", ".tiff", ".webp", ".avif", ".heic", ".ppm", ".pgm"});
}

Image decode_picture(std::string_view bytes, std::int64_t channels, const std::string& file) {
  if (bytes.starts_with(kPngMagic)) return with_channels(decode_png(bytes, file), channels);
  if (bytes.starts_with(kJpegMagic)) return with_channels(decode_jpeg(bytes, file), channels);
  refuse_picture(file, "it is neither PNG nor JPEG");
}

Image read_picture(const std::filesystem::path& path, std::int64_t channels) {
  return decode_picture(read_file(path), channels, path.string());
}

Image resized(const Image& image, std::int64_t width, std::int64_t height) {
  const auto wide = image.width == width ? image : scaled_along_rows(image, width);
  return wide.height == height ? wide : scaled_along_columns(wide, height);
}

Image middle_of(const Image& image, std::int64_t width, std::int64_t height) {
  if (width > image.width || height > image.height)
    throw std::invalid_argument("the middle is larger than the whole");
  const auto left = (image.width - width) / 2, top = (image.height - height) / 2;
  Image middle{width, height, image.channels, {}};
  for (std::int64_t y = top; y < top + height; ++y) {
    const auto begin = image.pixels.begin() + (y * image.width + left) * image.channels;
    middle.pixels.insert(middle.pixels.end(), begin, begin + width * image.channels);
  }
  return middle;
}

}  // namespace aelab
