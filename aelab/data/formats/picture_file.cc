#include "aelab/data/formats/picture_file.h"

#include <fmt/format.h>
#include <png.h>
#include <turbojpeg.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <csetjmp>
#include <cstring>
#include <limits>
#include <memory>
#include <stdexcept>

#include "aelab/core/error.h"
#include "aelab/core/files.h"
#include "aelab/data/formats/exif.h"
#include "aelab/data/formats/file_kind.h"

namespace aelab {
namespace {

constexpr std::string_view kPngMagic = "\x89PNG\r\n\x1a\n", kJpegMagic = "\xff\xd8\xff";
constexpr std::int64_t kMostPixels = 100'000'000;

[[noreturn]] void refuse_picture(const std::string& file, std::string_view why) {
  throw Error(fmt::format("{}: cannot be read as an image: {}", file, why));
}

void check_picture_size(const std::string& file, std::int64_t width, std::int64_t height) {
  if (width <= 0 || height <= 0 || width > kMostPixels / height)
    refuse_picture(file,
                   fmt::format("it claims {} x {} pixels; at most {} are read", width, height, kMostPixels));
}

/// RGB to gray by ITU-R 601, in the 16-bit fixed point of Pillow.
std::uint16_t gray_of(const std::uint16_t* rgb) {
  return static_cast<std::uint16_t>((rgb[0] * 19595U + rgb[1] * 38470U + rgb[2] * 7471U + 0x8000U) >> 16);
}

Picture with_channels(Picture picture, std::int64_t channels) {
  if (picture.channels == channels) return picture;
  const auto count = static_cast<std::size_t>(picture.width * picture.height);
  std::vector<std::uint16_t> pixels(count * static_cast<std::size_t>(channels));
  for (std::size_t i = 0; i < count; ++i) {
    if (channels == 1)
      pixels[i] = gray_of(&picture.pixels[3 * i]);
    else
      std::fill_n(&pixels[3 * i], 3, picture.pixels[i]);
  }
  picture.channels = channels;
  picture.pixels = std::move(pixels);
  return picture;
}

/// Turned and mirrored so that a picture of this EXIF orientation is upright.
Picture upright(Picture picture, int orientation) {
  if (orientation == 1) return picture;
  const bool lies = orientation >= 5;
  const bool from_right = orientation == 2 || orientation == 3 || orientation >= 7;
  const bool from_below = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  auto turned = picture;
  turned.turned = true;
  if (lies) std::swap(turned.width, turned.height);
  auto* to = turned.pixels.data();
  for (std::int64_t y = 0; y < turned.height; ++y)
    for (std::int64_t x = 0; x < turned.width; ++x, to += picture.channels) {
      const auto column = lies ? y : x, row = lies ? x : y;
      const auto from_column = from_right ? picture.width - 1 - column : column;
      const auto from_row = from_below ? picture.height - 1 - row : row;
      std::copy_n(
          &picture
               .pixels[static_cast<std::size_t>((from_row * picture.width + from_column) * picture.channels)],
          picture.channels, to);
    }
  return turned;
}

// ---- PNG

/// What outlives a jump out of libpng.
struct PngReading {
  std::string_view bytes;
  std::size_t at = 0;
  std::array<char, 200> problem = {};
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::vector<std::uint8_t> decoded;
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
  if (count > reading.bytes.size() - reading.at) png_error(png, "it is truncated");
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
  png_set_expand(png);
  png_set_strip_alpha(png);
  if constexpr (std::endian::native == std::endian::little) png_set_swap(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  reading.decoded.resize(png_get_rowbytes(png, info) * png_get_image_height(png, info));
  reading.rows.resize(png_get_image_height(png, info));
  for (std::size_t i = 0; i < reading.rows.size(); ++i)
    reading.rows[i] = &reading.decoded[i * png_get_rowbytes(png, info)];
  png_read_image(png, reading.rows.data());
  png_read_end(png, info);
  return true;
}

/// The orientation that the file's eXIf chunk states.
int orientation_of_png([[maybe_unused]] png_structp png, [[maybe_unused]] png_infop info) {
#ifdef PNG_eXIf_SUPPORTED
  png_bytep exif = nullptr;
  png_uint_32 size = 0;
  if (png_get_eXIf_1(png, info, &size, &exif) != 0)
    return exif_orientation({reinterpret_cast<const char*>(exif), size});
#endif
  return 1;
}

Picture picture_of(const PngReading& reading) {
  Picture picture{.width = png_get_image_width(reading.png, reading.info),
                  .height = png_get_image_height(reading.png, reading.info),
                  .channels = png_get_channels(reading.png, reading.info)};
  if (png_get_bit_depth(reading.png, reading.info) == 16) {
    picture.white = std::numeric_limits<std::uint16_t>::max();
    picture.pixels.resize(reading.decoded.size() / sizeof(std::uint16_t));
    std::memcpy(picture.pixels.data(), reading.decoded.data(), reading.decoded.size());
  } else {
    picture.pixels.assign(reading.decoded.begin(), reading.decoded.end());
  }
  return upright(std::move(picture), orientation_of_png(reading.png, reading.info));
}

Picture decode_png(std::string_view bytes, const std::string& file) {
  PngReading reading;
  reading.bytes = bytes;
  reading.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reading, png_problem, png_remark);
  if (reading.png) reading.info = png_create_info_struct(reading.png);
  if (!reading.info) throw Failure("cannot start libpng: no memory");
  if (png_read(reading)) return picture_of(reading);
  if (!reading.too_large) refuse_picture(file, reading.problem.data());
  refuse_picture(file, fmt::format("it claims {} x {} pixels, more than its {} bytes can hold or aelab reads",
                                   png_get_image_width(reading.png, reading.info),
                                   png_get_image_height(reading.png, reading.info), bytes.size()));
}

// ---- JPEG

Picture decode_jpeg(std::string_view bytes, const std::string& file) {
  const std::unique_ptr<void, decltype(&tjDestroy)> handle(tjInitDecompress(), &tjDestroy);
  if (!handle) throw Failure("cannot start libjpeg-turbo: no memory");
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  int width = 0, height = 0, subsampling = 0, colors = 0;
  if (tjDecompressHeader3(handle.get(), data, bytes.size(), &width, &height, &subsampling, &colors) != 0)
    refuse_picture(file, tjGetErrorStr2(handle.get()));
  if (colors == TJCS_CMYK || colors == TJCS_YCCK) refuse_picture(file, "its colors are CMYK; save it as RGB");
  check_picture_size(file, width, height);
  const int channels = colors == TJCS_GRAY ? 1 : 3;
  std::vector<std::uint8_t> decoded(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) *
                                    static_cast<std::size_t>(channels));
  if (tjDecompress2(handle.get(), data, bytes.size(), decoded.data(), width, 0, height,
                    channels == 1 ? TJPF_GRAY : TJPF_RGB, TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING) != 0)
    refuse_picture(file, tjGetErrorStr2(handle.get()));
  Picture picture{.width = width, .height = height, .channels = channels};
  picture.pixels.assign(decoded.begin(), decoded.end());
  return upright(std::move(picture), exif_orientation(exif_of_jpeg(bytes)));
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

/// One number from `weights` numbers, `stride` numbers apart.
std::uint16_t weighted(const ScaledPlace& place, const std::uint16_t* from, std::size_t stride,
                       std::uint16_t white) {
  std::int64_t sum = 1 << (kScalePrecision - 1);
  for (std::size_t k = 0; k < place.weights.size(); ++k)
    sum += std::int64_t{from[k * stride]} * place.weights[k];
  return static_cast<std::uint16_t>(std::clamp<std::int64_t>(sum >> kScalePrecision, 0, white));
}

/// The picture without its pixels, in another size, with room for them.
Picture empty_of_size(const Picture& picture, std::int64_t width, std::int64_t height) {
  Picture empty{.width = width,
                .height = height,
                .channels = picture.channels,
                .white = picture.white,
                .turned = picture.turned};
  empty.pixels.reserve(static_cast<std::size_t>(width * height * picture.channels));
  return empty;
}

Picture scaled_along_rows(const Picture& picture, std::int64_t width) {
  const auto places = scaled_places(picture.width, width);
  auto scaled = empty_of_size(picture, width, picture.height);
  for (std::int64_t y = 0; y < picture.height; ++y)
    for (const auto& place : places)
      for (std::int64_t c = 0; c < picture.channels; ++c)
        scaled.pixels.push_back(weighted(
            place,
            &picture
                 .pixels[static_cast<std::size_t>((y * picture.width + place.begin) * picture.channels + c)],
            static_cast<std::size_t>(picture.channels), picture.white));
  return scaled;
}

Picture scaled_along_columns(const Picture& picture, std::int64_t height) {
  const auto row = static_cast<std::size_t>(picture.width * picture.channels);
  auto scaled = empty_of_size(picture, picture.width, height);
  for (const auto& place : scaled_places(picture.height, height))
    for (std::size_t x = 0; x < row; ++x)
      scaled.pixels.push_back(weighted(
          place, &picture.pixels[static_cast<std::size_t>(place.begin) * row + x], row, picture.white));
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

Picture decode_picture(std::string_view bytes, std::int64_t channels, const std::string& file) {
  if (bytes.starts_with(kPngMagic)) return with_channels(decode_png(bytes, file), channels);
  if (bytes.starts_with(kJpegMagic)) return with_channels(decode_jpeg(bytes, file), channels);
  refuse_picture(file, "it is neither PNG nor JPEG; it looks like " + looks_like(bytes.substr(0, 512)));
}

Picture read_picture(const std::filesystem::path& path, std::int64_t channels) {
  return decode_picture(read_file(path), channels, path.string());
}

Picture resized(const Picture& picture, std::int64_t width, std::int64_t height) {
  const auto wide = picture.width == width ? picture : scaled_along_rows(picture, width);
  return wide.height == height ? wide : scaled_along_columns(wide, height);
}

Picture middle_of(const Picture& picture, std::int64_t width, std::int64_t height) {
  if (width > picture.width || height > picture.height)
    throw std::invalid_argument("the middle is larger than the whole");
  const auto left = (picture.width - width) / 2, top = (picture.height - height) / 2;
  auto middle = empty_of_size(picture, width, height);
  for (std::int64_t y = top; y < top + height; ++y) {
    const auto begin = picture.pixels.begin() + (y * picture.width + left) * picture.channels;
    middle.pixels.insert(middle.pixels.end(), begin, begin + width * picture.channels);
  }
  return middle;
}

}  // namespace aelab
