#include "aelab/data/formats/idx.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "aelab/core/error.h"
#include "tests/support.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;

std::string header(int type, const std::vector<std::uint32_t>& shape) {
  std::string result = {0, 0, static_cast<char>(type), static_cast<char>(shape.size())};
  for (const auto dimension : shape) {
    for (const int shift : {24, 16, 8, 0}) result += static_cast<char>(dimension >> shift);
  }
  return result;
}

ArrayLayout idx_of(const std::string& bytes) { return parse_idx(bytes, bytes.size(), "train-images"); }

std::string idx_refusal(const std::string& bytes) {
  const auto message = message_of<Error>([&] { idx_of(bytes); });
  EXPECT_TRUE(message.starts_with("train-images: byte ") || message == "nothing was thrown") << message;
  return message;
}

TEST(Idx, SaysWhereTheValuesLie) {
  const auto array = idx_of(header(0x08, {2, 3}) + "abcdef");
  EXPECT_EQ(array.shape, (Shape{2, 3}));
  EXPECT_EQ(array.type, ValueType::u8);
  EXPECT_EQ(array.offset, 12U);
  EXPECT_TRUE(array.big_endian);
  EXPECT_FALSE(array.column_major);
}

void expect_value(int type, const std::string& big_endian, float expected) {
  const auto content = header(type, {2, 1}) + std::string(big_endian.size(), '\0') + big_endian;
  const ArrayFile array("file", idx_of(content), content);
  float values[2];
  array.read(std::vector<std::int64_t>{0, 1}, values);
  EXPECT_EQ(values[0], 0);
  EXPECT_EQ(values[1], expected);
}

TEST(Idx, AllTypesHaveTheirValues) {
  expect_value(0x08, "\xfe", 254);
  expect_value(0x09, "\xfe", -2);
  expect_value(0x0B, "\xfe\xdc", -292);
  expect_value(0x0C, std::string("\0\x02\x03\x04", 4), 0x020304);
  expect_value(0x0D, std::string("\xc0\x48\0\0", 4), -3.125f);
  expect_value(0x0E, std::string("\xc0\x09\0\0\0\0\0\0", 8), -3.125f);
}

TEST(Idx, RefusesFilesCutAnywhere) {
  const std::string whole = header(0x0C, {2, 3}) + std::string(24, 'x');
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_SAYS(idx_refusal(whole.substr(0, size)), "train-images: byte " + std::to_string(size) + ":");
  }
  EXPECT_SAYS(idx_refusal(whole.substr(0, 30)), "24 bytes of values expected, 18 found");
}

TEST(Idx, RefusesWithTheByte) {
  EXPECT_SAYS(idx_refusal(""), "not an IDX file");
  EXPECT_SAYS(idx_refusal("\x89PNG"), "byte 0: this is not an IDX file");
  EXPECT_SAYS(idx_refusal(std::string("\0\1\x08\1", 4)), "byte 1: this is not an IDX file");
  EXPECT_SAYS(idx_refusal(header(0x0A, {1}) + "x"), "byte 2: 0x0A is not a value type");
  EXPECT_SAYS(idx_refusal(header(0x08, {})), "byte 3: the array has no dimensions");
  EXPECT_SAYS(idx_refusal(header(0x08, std::vector<std::uint32_t>(9, 1)) + "x"),
              "byte 3: the array has 9 dimensions");
  EXPECT_SAYS(idx_refusal(header(0x08, {2, 0})), "byte 8: a dimension is 0");
  EXPECT_SAYS(idx_refusal(header(0x08, {2}) + "abc"), "byte 10: 1 bytes follow");
  EXPECT_SAYS(idx_refusal(header(0x08, {0xffffffff, 0xffffffff, 0xffffffff})),
              "byte 8: the dimensions' product");
  EXPECT_SAYS(idx_refusal(header(0x0E, {0x80000000, 0x80000000})), "byte 8: the dimensions' product");
  EXPECT_SAYS(idx_refusal(header(0x08, {0x7fffffff, 0xffffffff})),
              "9223372030412324865 bytes of values expected");
}

TEST(Idx, HostileBytesGiveErrors) {
  std::mt19937 random(2);
  for (int round = 0; round < 100'000; ++round) {
    std::string bytes(random() % 40, '\0');
    for (std::size_t i = 2; i < bytes.size(); ++i) bytes[i] = static_cast<char>(random() % (i < 4 ? 16 : 3));
    try {
      EXPECT_EQ(idx_of(bytes).offset + idx_of(bytes).bytes(), bytes.size());
    } catch (const Error&) {
    }
  }
}

class IdxFiles : public testing::Test {
 protected:
  static void put_gzip(const fs::path& path, const std::string& content) {
    const gzFile file = gzopen(path.c_str(), "wb");
    gzwrite(file, content.data(), static_cast<unsigned>(content.size()));
    gzclose(file);
  }
  static void put(const fs::path& path, const std::string& content) {
    std::ofstream(path, std::ios::binary) << content;
  }
  static std::string refusal_of(const fs::path& path) {
    return message_of<Error>([&] { open_idx(path); });
  }
  static std::vector<std::int64_t> values_of(const fs::path& path) { return open_idx(path).integers(); }

  TemporaryFolder temporary;
  fs::path folder = temporary.path();
};

TEST_F(IdxFiles, AreReadPlainOrGzipped) {
  const std::vector<std::int64_t> expected = {0x6162, 0x6364};
  put(folder / "plain", header(0x0B, {2}) + "abcd");
  EXPECT_EQ(values_of(folder / "plain"), expected);
  EXPECT_TRUE(open_idx(folder / "plain").stays_in_file());
  put_gzip(folder / "packed.gz", header(0x0B, {2}) + "abcd");
  EXPECT_EQ(values_of(folder / "packed.gz"), expected);
  EXPECT_EQ(values_of(folder / "packed"), expected);
  EXPECT_FALSE(open_idx(folder / "packed").stays_in_file());
  put_gzip(folder / "plain.gz", "not looked at");
  EXPECT_EQ(open_idx(folder / "plain").layout().shape, Shape{2});
}

TEST_F(IdxFiles, ErrorsNameTheFile) {
  const std::string missing = refusal_of(folder / "images");
  EXPECT_SAYS(missing, (folder / "images").string() + ": neither it nor");
  EXPECT_SAYS(missing, (folder / "images.gz").string() + " exists");
  put_gzip(folder / "images.gz", header(0x08, {3}) + "ab");
  EXPECT_SAYS(refusal_of(folder / "images"),
              (folder / "images.gz").string() + ": byte 10: the file is truncated");
  fs::resize_file(folder / "images.gz", fs::file_size(folder / "images.gz") - 1);
  EXPECT_SAYS(refusal_of(folder / "images"), "the gzip stream is truncated");
  EXPECT_SAYS(refusal_of(folder), "folder");
}

TEST_F(IdxFiles, NoMoreIsUnpackedThanTheHeaderPromises) {
  put_gzip(folder / "longer", header(0x08, {3}) + "abcde");
  EXPECT_SAYS(refusal_of(folder / "longer"), "byte 11: 2 bytes follow the values");
  put_gzip(folder / "bomb", header(0x08, {3}) + std::string(20'000'000, '\0'));
  EXPECT_SAYS(refusal_of(folder / "bomb"), "its content is longer than the limit of");
}

}  // namespace
}  // namespace aelab
