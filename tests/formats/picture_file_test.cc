#include "aelab/data/formats/picture_file.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>
#include <stdexcept>

#include "aelab/core/error.h"
#include "aelab/core/image.h"
#include "tests/support.h"

namespace aelab {
namespace {

Image gradient(std::int64_t width, std::int64_t height, std::int64_t channels) {
  Image image{width, height, channels, {}};
  for (std::int64_t i = 0; i < width * height * channels; ++i)
    image.pixels.push_back(static_cast<std::uint8_t>(7 * i));
  return image;
}

Picture picture_of_gradient(std::int64_t width, std::int64_t height, std::int64_t channels) {
  return decode_picture(encode_png(gradient(width, height, channels)), channels, "a.png");
}

using Pixels = std::vector<std::uint16_t>;

std::string picture_refusal(const std::string& bytes) {
  return message_of<Error>([&] { decode_picture(bytes, 1, "a.png"); });
}

TEST(PictureFile, PngKeepsItsPixels) {
  for (const std::int64_t channels : {1, 3}) {
    const auto image = gradient(5, 4, channels);
    const auto read = decode_picture(encode_png(image), channels, "a.png");
    EXPECT_EQ(read.pixels, Pixels(image.pixels.begin(), image.pixels.end()));
    EXPECT_EQ(read.white, 255);
    EXPECT_EQ(std::pair(read.width, read.height), std::pair(image.width, image.height));
  }
}

TEST(PictureFile, ColorsBecomeGrayAndBack) {
  const Image colors{4, 1, 3, {255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 20, 30}};
  // 0.299 R + 0.587 G + 0.114 B, rounded
  EXPECT_EQ(decode_picture(encode_png(colors), 1, "a.png").pixels, (Pixels{76, 150, 29, 18}));
  const Image gray{2, 1, 1, {3, 200}};
  EXPECT_EQ(decode_picture(encode_png(gray), 3, "a.png").pixels, (Pixels{3, 3, 3, 200, 200, 200}));
}

TEST(PictureFile, ATruncatedOrDamagedFileIsRefused) {
  const auto whole = encode_png(gradient(20, 20, 3));
  for (std::size_t size = 0; size < whole.size(); size += 3)
    EXPECT_SAYS(picture_refusal(whole.substr(0, size)), "a.png: cannot be read as an image: ");
  auto damaged = whole;
  damaged[whole.size() / 2] ^= 1;
  EXPECT_SAYS(picture_refusal(damaged), "a.png: cannot be read as an image: ");
  EXPECT_SAYS(picture_refusal("GIF89a"), "it is neither PNG nor JPEG");
}

TEST(PictureFile, AFileThatLiesAboutItsSizeIsRefusedBeforeAnythingIsAllocated) {
  auto bytes = encode_png(gradient(20, 20, 1));
  const auto claim = [&](std::uint32_t width, std::uint32_t height) {
    for (int i = 0; i < 4; ++i) {
      bytes[16 + static_cast<std::size_t>(i)] = static_cast<char>(width >> (24 - 8 * i));
      bytes[20 + static_cast<std::size_t>(i)] = static_cast<char>(height >> (24 - 8 * i));
    }
    const auto crc = crc32(0, reinterpret_cast<const Bytef*>(&bytes[12]), 17);
    for (int i = 0; i < 4; ++i)
      bytes[29 + static_cast<std::size_t>(i)] = static_cast<char>(crc >> (24 - 8 * i));
    return picture_refusal(bytes);
  };
  EXPECT_SAYS(claim(900'000, 900'000), "it claims 900000 x 900000 pixels, more than its ");
  EXPECT_SAYS(claim(5000, 5000), "it claims 5000 x 5000 pixels, more than its ");
  EXPECT_SAYS(claim(20, 21), "cannot be read as an image");  // within what the bytes could hold
}

TEST(PictureFile, HostileBytesGiveErrors) {
  const auto whole = encode_png(gradient(9, 9, 3));
  std::mt19937 random(5);
  for (int round = 0; round < 5000; ++round) {
    auto bytes = whole;
    for (int i = 0; i < 4; ++i) bytes[8 + random() % (bytes.size() - 8)] = static_cast<char>(random());
    try {
      const auto image = decode_picture(bytes, 3, "a.png");
      EXPECT_EQ(static_cast<std::int64_t>(image.pixels.size()), 3 * image.width * image.height);
    } catch (const Error&) {
    }
  }
}

TEST(PictureFile, ScalingKeepsWhatIsEven) {
  const Picture even{.width = 6, .height = 4, .channels = 3, .pixels = Pixels(72, 91)};
  EXPECT_EQ(resized(even, 4, 9).pixels, Pixels(108, 91));
  const auto picture = picture_of_gradient(6, 4, 3);
  EXPECT_EQ(resized(picture, 6, 4).pixels, picture.pixels);
  // Halved: the triangle over four pixels weighs them 1, 3, 3, 1; at the border 3, 3, 1 (of 7).
  const Picture ramp{.width = 4, .height = 1, .channels = 1, .pixels = {0, 80, 160, 240}};
  EXPECT_EQ(resized(ramp, 2, 1).pixels, (Pixels{57, 183}));
  // The same of 16 bits: (3 * 0 + 3 * 20000 + 40000) / 7 and (20000 + 3 * 40000 + 3 * 65535) / 7.
  const Picture deep{
      .width = 4, .height = 1, .channels = 1, .pixels = {0, 20000, 40000, 65535}, .white = 65535};
  EXPECT_EQ(resized(deep, 2, 1).pixels, (Pixels{14286, 48086}));
}

TEST(PictureFile, TheMiddleLeavesTheRestEvenly) {
  const auto middle = middle_of(picture_of_gradient(5, 4, 1), 2, 2);
  EXPECT_EQ(middle.pixels, (Pixels{7 * 6, 7 * 7, 7 * 11, 7 * 12}));
  EXPECT_THROW(middle_of(picture_of_gradient(5, 4, 1), 6, 2), std::invalid_argument);
}

}  // namespace
}  // namespace aelab
