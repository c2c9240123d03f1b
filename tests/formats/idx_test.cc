#include "aelab/data/idx.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <utility>

#include "aelab/core/error.h"
#include "tests/support.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;

#define EXPECT_SAYS(message, part) EXPECT_NE((message).find(part), std::string::npos) << (message)

std::string header(int type, const std::vector<std::uint32_t>& shape) {
  std::string result = {0, 0, static_cast<char>(type), static_cast<char>(shape.size())};
  for (const auto dimension : shape) {
    for (const int shift : {24, 16, 8, 0}) result += static_cast<char>(dimension >> shift);
  }
  return result;
}

std::string refusal(const std::string& bytes) {
  try {
    parse_idx(bytes, "train-images");
  } catch (const Error& error) {
    EXPECT_TRUE(std::string(error.what()).starts_with("train-images: byte "));
    return error.what();
  }
  return "nothing was thrown";
}

TEST(Idx, ParsesBytes) {
  const auto array = parse_idx(header(0x08, {2, 3}) + "abcdef", "file");
  EXPECT_EQ(array.shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(array.type, 0x08);
  EXPECT_EQ(array.bytes, "abcdef");
}

template <class T>
void expect_values(int type, const std::string& big_endian, T expected) {
  const auto array = parse_idx(header(type, {2}) + std::string(sizeof(T), '\0') + big_endian, "file");
  ASSERT_EQ(array.bytes.size(), 2 * sizeof(T));
  T values[2];
  std::memcpy(values, array.bytes.data(), sizeof(values));
  EXPECT_EQ(values[0], T{0});
  EXPECT_EQ(values[1], expected);
}

TEST(Idx, GivesValuesInNativeOrder) {
  expect_values<std::int8_t>(0x09, "\xfe", -2);
  expect_values<std::int16_t>(0x0B, "\xfe\xdc", -292);
  expect_values<std::int32_t>(0x0C, "\x01\x02\x03\x04", 0x01020304);
  expect_values<float>(0x0D, std::string("\xc0\x48\0\0", 4), -3.125f);
  expect_values<double>(0x0E, std::string("\xc0\x09\0\0\0\0\0\0", 8), -3.125);
}

TEST(Idx, RandomArraysRoundTrip) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    const auto [type, width] = std::vector<std::pair<int, std::size_t>>{
        {0x08, 1}, {0x09, 1}, {0x0B, 2}, {0x0C, 4}, {0x0D, 4}, {0x0E, 8}}[random() % 6];
    std::vector<std::uint32_t> shape(1 + random() % 5);
    std::size_t size = width;
    for (auto& dimension : shape) size *= dimension = 1 + random() % 5;
    std::string values(size, '\0');
    for (char& c : values) c = static_cast<char>(random());
    const auto array = parse_idx(header(type, shape) + values, "file");
    EXPECT_TRUE(std::ranges::equal(array.shape, shape));
    for (auto at = values.begin(); at != values.end(); at += static_cast<std::ptrdiff_t>(width)) {
      std::reverse(at, at + static_cast<std::ptrdiff_t>(width));
    }
    EXPECT_EQ(array.bytes, values);
  }
}

TEST(Idx, RefusesFilesCutAnywhere) {
  const std::string whole = header(0x0C, {2, 3}) + std::string(24, 'x');
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_SAYS(refusal(whole.substr(0, size)), "train-images: byte " + std::to_string(size) + ":");
  }
  EXPECT_SAYS(refusal(whole.substr(0, 30)), "24 bytes of values expected, 18 found");
}

TEST(Idx, RefusesWithTheByte) {
  EXPECT_SAYS(refusal(""), "no IDX file");
  EXPECT_SAYS(refusal("\x89PNG"), "byte 0: this is no IDX file");
  EXPECT_SAYS(refusal(std::string("\0\1\x08\1", 4)), "byte 1: this is no IDX file");
  EXPECT_SAYS(refusal(header(0x0A, {1}) + "x"), "byte 2: 0x0A is no type");
  EXPECT_SAYS(refusal(header(0x08, {})), "byte 3: the array has no dimensions");
  EXPECT_SAYS(refusal(header(0x08, std::vector<std::uint32_t>(9, 1)) + "x"),
              "byte 3: the array has 9 dimensions");
  EXPECT_SAYS(refusal(header(0x08, {2, 0})), "byte 8: a dimension is 0");
  EXPECT_SAYS(refusal(header(0x08, {2}) + "abc"), "byte 10: 1 bytes follow");
  EXPECT_SAYS(refusal(header(0x08, {0xffffffff, 0xffffffff, 0xffffffff})),
              "byte 12: the dimensions' product");
  EXPECT_SAYS(refusal(header(0x0E, {0x80000000, 0x80000000})), "byte 8: the dimensions' product");
  EXPECT_SAYS(refusal(header(0x08, {0xffffffff, 0xffffffff})),
              "18446744065119617025 bytes of values expected");
}

TEST(Idx, HostileBytesGiveErrors) {
  std::mt19937 random(2);
  for (int round = 0; round < 100'000; ++round) {
    std::string bytes(random() % 40, '\0');
    for (std::size_t i = 2; i < bytes.size(); ++i) bytes[i] = static_cast<char>(random() % (i < 4 ? 16 : 3));
    try {
      const auto array = parse_idx(bytes, "file");
      EXPECT_FALSE(array.bytes.empty());
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
  static std::string message_of(const fs::path& path) {
    try {
      read_idx(path);
    } catch (const Error& error) {
      return error.what();
    }
    return "nothing was thrown";
  }

  TemporaryFolder temporary;
  fs::path folder = temporary.path();
};

TEST_F(IdxFiles, AreReadPlainOrGzipped) {
  put(folder / "plain", header(0x0B, {2}) + "abcd");
  EXPECT_EQ(read_idx(folder / "plain").bytes, "badc");
  put_gzip(folder / "packed.gz", header(0x0B, {2}) + "abcd");
  EXPECT_EQ(read_idx(folder / "packed.gz").bytes, "badc");
  EXPECT_EQ(read_idx(folder / "packed").bytes, "badc");
  put_gzip(folder / "plain.gz", "not looked at");
  EXPECT_EQ(read_idx(folder / "plain").shape, std::vector<std::int64_t>{2});
}

TEST_F(IdxFiles, ErrorsNameTheFile) {
  const std::string missing = message_of(folder / "images");
  EXPECT_SAYS(missing, (folder / "images").string() + ": neither it nor");
  EXPECT_SAYS(missing, (folder / "images.gz").string() + " exists");
  put_gzip(folder / "images.gz", header(0x08, {3}) + "ab");
  EXPECT_SAYS(message_of(folder / "images"),
              (folder / "images.gz").string() + ": byte 10: the file is truncated");
  fs::resize_file(folder / "images.gz", fs::file_size(folder / "images.gz") - 1);
  EXPECT_SAYS(message_of(folder / "images"), "cut short");
  EXPECT_SAYS(message_of(folder), "folder");
}

}  // namespace
}  // namespace aelab
