#include "aelab/core/image.h"

#include <gtest/gtest.h>
#include <png.h>

#include <random>
#include <stdexcept>

namespace aelab {
namespace {

Image random_image(std::int64_t width, std::int64_t height, std::int64_t channels, unsigned seed) {
  std::mt19937 random(seed);
  Image image = {width, height, channels, {}};
  for (std::int64_t i = 0; i < width * height * channels; ++i) {
    image.pixels.push_back(static_cast<std::uint8_t>(random()));
  }
  return image;
}

Image decode_png(const std::string& bytes) {
  png_image png = {};
  png.version = PNG_IMAGE_VERSION;
  EXPECT_TRUE(png_image_begin_read_from_memory(&png, bytes.data(), bytes.size())) << png.message;
  Image image = {png.width, png.height, PNG_IMAGE_PIXEL_CHANNELS(png.format), {}};
  image.pixels.resize(PNG_IMAGE_SIZE(png));
  EXPECT_TRUE(png_image_finish_read(&png, nullptr, image.pixels.data(), 0, nullptr)) << png.message;
  return image;
}

void expect_same(const Image& a, const Image& b) {
  EXPECT_EQ(a.width, b.width);
  EXPECT_EQ(a.height, b.height);
  EXPECT_EQ(a.channels, b.channels);
  EXPECT_EQ(a.pixels, b.pixels);
}

TEST(Png, RoundTrips) {
  unsigned seed = 0;
  for (const std::int64_t channels : {1, 3}) {
    for (const std::int64_t width : {1, 2, 28, 257}) {
      for (const std::int64_t height : {1, 3, 100}) {
        const Image image = random_image(width, height, channels, ++seed);
        expect_same(decode_png(encode_png(image)), image);
      }
    }
  }
}

TEST(Png, IsDeterministicAndHoldsNoTime) {
  const Image image = random_image(28, 28, 3, 1);
  const std::string png = encode_png(image);
  EXPECT_EQ(png, encode_png(image));
  EXPECT_EQ(png.substr(0, 8), "\x89PNG\r\n\x1a\n");
  EXPECT_EQ(png.find("tIME"), std::string::npos);
}

TEST(Png, RefusesWhatIsNoImage) {
  EXPECT_THROW(encode_png({}), std::invalid_argument);
  EXPECT_THROW(encode_png({2, 2, 1, {1, 2, 3}}), std::invalid_argument);
  EXPECT_THROW(encode_png({1, 1, 2, {1, 2}}), std::invalid_argument);
  EXPECT_THROW(encode_png({-1, -1, 1, {1}}), std::invalid_argument);
  EXPECT_THROW(encode_png({std::int64_t{1} << 33, std::int64_t{1} << 31, 1, {}}), std::invalid_argument);
}

TEST(Tile, PutsImagesRowByRow) {
  const std::vector<Image> images = {{2, 1, 1, {1, 2}}, {2, 1, 1, {3, 4}}, {2, 1, 1, {5, 6}}};
  expect_same(tile(images, 2, 1, 9), {5, 3, 1, {1, 2, 9, 3, 4, 9, 9, 9, 9, 9, 5, 6, 9, 9, 9}});
  expect_same(tile(images, 2, 0, 9), {4, 2, 1, {1, 2, 3, 4, 5, 6, 9, 9}});
  expect_same(tile(images, 1, 0, 9), {2, 3, 1, {1, 2, 3, 4, 5, 6}});
  expect_same(tile(images, 100, 0, 9), {6, 1, 1, {1, 2, 3, 4, 5, 6}});
}

TEST(Tile, KeepsColors) {
  const std::vector<Image> images = {{1, 1, 3, {1, 2, 3}}, {1, 1, 3, {4, 5, 6}}};
  expect_same(tile(images, 2, 1, 0), {3, 1, 3, {1, 2, 3, 0, 0, 0, 4, 5, 6}});
}

TEST(Tile, OfOneImageIsTheImage) {
  const Image image = random_image(5, 7, 3, 2);
  expect_same(tile({&image, 1}, 4, 10, 0), image);
}

TEST(Tile, RefusesImagesOfSeveralSizes) {
  const std::vector<Image> widths = {random_image(2, 2, 1, 1), random_image(3, 2, 1, 1)};
  const std::vector<Image> channels = {random_image(2, 2, 1, 1), random_image(2, 2, 3, 1)};
  EXPECT_THROW(tile(widths, 2, 1, 0), std::invalid_argument);
  EXPECT_THROW(tile(channels, 2, 1, 0), std::invalid_argument);
  EXPECT_THROW(tile({}, 2, 1, 0), std::invalid_argument);
  EXPECT_THROW(tile({widths.data(), 1}, 0, 1, 0), std::invalid_argument);
  EXPECT_THROW(tile({widths.data(), 1}, 1, -1, 0), std::invalid_argument);
}

TEST(Enlarge, RepeatsPixels) {
  expect_same(enlarge({2, 1, 1, {1, 2}}, 2), {4, 2, 1, {1, 1, 2, 2, 1, 1, 2, 2}});
  expect_same(enlarge({1, 1, 3, {1, 2, 3}}, 2), {2, 2, 3, {1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3}});
  const Image image = random_image(5, 7, 3, 2);
  expect_same(enlarge(image, 1), image);
  EXPECT_THROW(enlarge(image, 0), std::invalid_argument);
  EXPECT_THROW(enlarge(image, 1'000'000), std::invalid_argument);
}

}  // namespace
}  // namespace aelab
