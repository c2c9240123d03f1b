#include "aelab/core/safetensors.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <random>
#include <stdexcept>
#include <vector>

#include "aelab/core/error.h"
#include "aelab/core/files.h"
#include "tests/support.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;

class Safetensors : public testing::Test {
 protected:
  void put(const std::string& content) const { std::ofstream(path, std::ios::binary) << content; }

  void put(const std::string& header, const std::string& data) const { put(file_of(header, data)); }

  static std::string file_of(const std::string& header, const std::string& data) {
    const std::uint64_t length = header.size();
    return std::string(reinterpret_cast<const char*>(&length), 8) + header + data;
  }

  std::string refusal() const {
    try {
      SafetensorsFile::read(path);
    } catch (const Error& error) {
      EXPECT_SAYS(std::string(error.what()), path.string());
      return error.what();
    }
    return "nothing was thrown";
  }

  std::string refusal(const std::string& header, const std::string& data) const {
    put(header, data);
    return refusal();
  }

  TemporaryFolder temporary;
  fs::path folder = temporary.path(), path = folder / "file.safetensors";
};

using Bytes = std::vector<std::byte>;

Bytes random_bytes(std::size_t count, std::mt19937& random) {
  Bytes result(count);
  for (auto& b : result) b = static_cast<std::byte>(random());
  return result;
}

bool same(const TensorBytes& a, const TensorBytes& b) {
  return a.name == b.name && a.dtype == b.dtype && a.shape == b.shape && std::ranges::equal(a.bytes, b.bytes);
}

bool same(const SafetensorsFile& a, const SafetensorsFile& b) {
  return a.metadata() == b.metadata() &&
         std::ranges::equal(a.tensors(), b.tensors(),
                            [](const auto& x, const auto& y) { return same(x, y); });
}

// A small file with everything in it.
struct Example {
  Example() {
    std::mt19937 random(1);
    for (const std::size_t size : {24, 3, 0, 2, 8}) bytes.push_back(random_bytes(size, random));
    tensors = {{"weight", "F32", {2, 3}, bytes[0]},
               {"mask", "BOOL", {3}, bytes[1]},
               {"empty", "F64", {4, 0}, bytes[2]},
               {"half", "BF16", {}, bytes[3]},
               {"\"quoted\"\n\xc3\xa9", "I64", {1}, bytes[4]}};
    metadata = {
        {"format", "1"}, {"", "empty key"}, {"text", "line\nbreak \"quoted\" \xc3\xa9 \x01"}, {"e", ""}};
  }
  std::vector<Bytes> bytes;
  std::vector<TensorBytes> tensors;
  Metadata metadata;
};

TEST_F(Safetensors, ReadsBackWhatWasWritten) {
  const Example example;
  write_safetensors(path, example.tensors, example.metadata);
  const auto file = SafetensorsFile::read(path);
  EXPECT_TRUE(file.checked());
  EXPECT_EQ(file.metadata(), example.metadata);
  ASSERT_EQ(file.tensors().size(), example.tensors.size());
  for (const auto& tensor : example.tensors) {
    const auto* found = file.find(tensor.name);
    ASSERT_NE(found, nullptr);
    EXPECT_TRUE(same(*found, tensor)) << tensor.name;
  }
  EXPECT_EQ(file.find("bias"), nullptr);
}

TEST_F(Safetensors, RandomFilesRoundTrip) {
  std::mt19937 random(2);
  const std::vector<std::pair<std::string, int>> dtypes = {{"U8", 1}, {"F16", 2}, {"F32", 4}, {"I64", 8}};
  for (int round = 0; round < 100; ++round) {
    std::vector<Bytes> bytes(random() % 10);
    std::vector<TensorBytes> tensors;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const auto& [dtype, width] = dtypes[random() % dtypes.size()];
      TensorBytes tensor = {"t" + std::to_string(random()) + "." + std::to_string(i), dtype, {}, {}};
      std::int64_t size = width;
      for (unsigned d = random() % 4; d > 0; --d) size *= tensor.shape.emplace_back(random() % 6);
      bytes[i] = random_bytes(static_cast<std::size_t>(size), random);
      tensor.bytes = bytes[i];
      tensors.push_back(tensor);
    }
    write_safetensors(path, tensors, {{"round", std::to_string(round)}});
    const auto file = SafetensorsFile::read(path);
    ASSERT_EQ(file.tensors().size(), tensors.size());
    for (const auto& tensor : tensors) ASSERT_TRUE(same(*file.find(tensor.name), tensor));
    ASSERT_EQ(file.metadata(), (Metadata{{"round", std::to_string(round)}}));

    const std::string content = read_file(path);  // what was read may be written again, to the same bytes
    write_safetensors(path, file.tensors(), file.metadata());
    ASSERT_EQ(read_file(path), content);
  }
}

TEST_F(Safetensors, ReadTensorsAreAlignedAndOutliveMoves) {
  const Example example;
  write_safetensors(path, example.tensors, example.metadata);
  auto first = SafetensorsFile::read(path);
  const SafetensorsFile copy = first;
  const SafetensorsFile file = std::move(first);
  first = copy;
  EXPECT_TRUE(same(file, copy));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(file.find("weight")->bytes.data()) % 4, 0u);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(file.find("\"quoted\"\n\xc3\xa9")->bytes.data()) % 8, 0u);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(file.find("half")->bytes.data()) % 2, 0u);
}

TEST_F(Safetensors, DataStartsAligned) {
  for (int i = 0; i < 20; ++i) {
    write_safetensors(path, {}, {{"key", std::string(static_cast<std::size_t>(i), 'x')}});
    EXPECT_EQ(fs::file_size(path) % 8, 0u);
  }
}

TEST_F(Safetensors, StaleChecksumsAreReplaced) {
  write_safetensors(path, {}, {{"aelab.checksums", "old"}, {"aelab.metadata_checksum", "old"}, {"a", "b"}});
  EXPECT_EQ(SafetensorsFile::read(path).checked(), true);
}

TEST_F(Safetensors, RefusesFilesCutAnywhere) {
  const Example example;
  write_safetensors(path, example.tensors, example.metadata);
  const std::string content = read_file(path);
  for (std::size_t size = 0; size < content.size(); ++size) {
    put(content.substr(0, size));
    EXPECT_NE(refusal(), "nothing was thrown") << size;
  }
  put(content + "x");
  EXPECT_SAYS(refusal(), "1 bytes follow");
}

TEST_F(Safetensors, FlippedBitsAreNeverTakenForContent) {
  const Example example;
  write_safetensors(path, example.tensors, example.metadata);
  const auto original = SafetensorsFile::read(path);
  const std::string content = read_file(path);
  std::size_t harmless = 0;
  for (std::size_t bit = 0; bit < 8 * content.size(); bit += 3) {  // two or three of every byte
    std::string damaged = content;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    put(damaged);
    try {
      const auto file = SafetensorsFile::read(path);
      ASSERT_TRUE(file.checked() && same(file, original)) << "bit " << bit;
      ++harmless;
    } catch (const Error&) {
    }
  }
  EXPECT_LT(harmless, 10u);  // \u00e9 for \u00E9 and the like
}

TEST_F(Safetensors, DamageNamesTheTensor) {
  const Example example;
  write_safetensors(path, example.tensors, example.metadata);
  std::string content = read_file(path);
  content.back() = static_cast<char>(content.back() ^ 1);
  put(content);
  EXPECT_SAYS(refusal(), "the bytes of tensor \"mask\" do not match");
}

TEST_F(Safetensors, ReadsFilesWithoutChecksums) {
  put(R"({"b":{"dtype":"U8","shape":[1,2],"data_offsets":[4,6]},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}} )",
      "012345");
  const auto file = SafetensorsFile::read(path);
  EXPECT_FALSE(file.checked());
  EXPECT_TRUE(file.metadata().empty());
  ASSERT_EQ(file.tensors().size(), 2u);
  EXPECT_EQ(file.tensors()[0].name, "a");
  EXPECT_EQ(file.tensors()[1].shape, (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(std::memcmp(file.tensors()[1].bytes.data(), "45", 2), 0);
  put("{}", "");
  EXPECT_EQ(refusal(), "nothing was thrown");
}

TEST_F(Safetensors, RefusesBadStarts) {
  put("");
  EXPECT_SAYS(refusal(), "not a safetensors file");
  put("1234567");
  EXPECT_SAYS(refusal(), "it has 7 bytes");
  put(std::string(8, '\xff') + "{}");
  EXPECT_SAYS(refusal(), "longer than 100 MB");
  put(std::string("\x10\0\0\0\0\0\0\0{}", 10));
  EXPECT_SAYS(refusal(), "truncated");
  EXPECT_SAYS(refusal("", ""), "not a JSON object");
  EXPECT_SAYS(refusal(" {}", ""), "not a JSON object");
  EXPECT_SAYS(refusal("[]", ""), "not a JSON object");
  EXPECT_NE(refusal("{", ""), "nothing was thrown");
  EXPECT_NE(refusal("{}x", ""), "nothing was thrown");
  EXPECT_NE(refusal("{\"a\":" + std::string(100'000, '['), ""), "nothing was thrown");
  fs::remove(path);
  EXPECT_SAYS(refusal(), "No such file");
}

TEST_F(Safetensors, RefusesBadEntries) {
  const auto entry = [this](const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return refusal(
        R"({"a":{"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}",
        "1234");
  };
  put(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "1234");
  EXPECT_EQ(refusal(), "nothing was thrown");
  EXPECT_SAYS(entry("\"F31\"", "[1]", "[0,4]"), "unknown dtype \"F31\"");
  EXPECT_SAYS(entry("1", "[1]", "[0,4]"), "not a string");
  EXPECT_SAYS(entry("\"F32\"", "1", "[0,4]"), "not a list");
  EXPECT_SAYS(entry("\"F32\"", "[1.0]", "[0,4]"), "whole numbers");
  EXPECT_SAYS(entry("\"F32\"", "[-1]", "[0,4]"), "whole numbers");
  EXPECT_SAYS(entry("\"F32\"", "[18446744073709551615]", "[0,4]"), "whole number");
  EXPECT_SAYS(entry("\"F32\"", "[null]", "[0,4]"), "whole numbers");
  EXPECT_SAYS(entry("\"F32\"", "[2]", "[0,4]"), "needs 8 bytes");
  EXPECT_SAYS(entry("\"F32\"", "[1]", "[4,0]"), "needs 4 bytes");
  EXPECT_SAYS(entry("\"F32\"", "[1]", "[0,4,4]"), "not a pair");
  EXPECT_SAYS(entry("\"F32\"", "[1]", "{}"), "not a pair");
  EXPECT_SAYS(entry("\"F32\"", "[1]", "[4,8]"), "follows a hole");
  EXPECT_SAYS(entry("\"F32\"", "[2]", "[0,8]"), "truncated");
  EXPECT_SAYS(entry("\"U8\"", "[3]", "[0,3]"), "1 bytes follow");
  EXPECT_SAYS(entry("\"F32\"", "[4611686018427387904,4]", "[0,4]"), "overflows");
  EXPECT_SAYS(entry("\"U8\"", "[4294967296,4294967296,0]", "[0,0]"), "overflows");
  EXPECT_SAYS(entry("\"U8\"", "[9223372036854775807]", "[0,9223372036854775807]"), "truncated");
  EXPECT_SAYS(refusal(R"({"a":1})", ""), "has no entry");
  EXPECT_SAYS(refusal(R"({"a":{}})", ""), "has no entry");
  EXPECT_SAYS(refusal(R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":1}})", ""), "has no entry");
  EXPECT_SAYS(refusal(R"({"__metadata__":[]})", ""), "not an object");
  EXPECT_SAYS(refusal(R"({"__metadata__":{"a":1}})", ""), "not a string");
}

TEST_F(Safetensors, RefusesOverlapsHolesAndDuplicates) {
  const std::string a = R"("a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]})";
  EXPECT_SAYS(refusal("{" + a + R"(,"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})", "123"),
              "tensor \"b\" overlaps another at byte 1");
  EXPECT_SAYS(refusal("{" + a + R"(,"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})", "12"),
              "overlaps");
  EXPECT_SAYS(refusal("{" + a + R"(,"b":{"dtype":"U8","shape":[1],"data_offsets":[3,4]}})", "1234"), "hole");
  EXPECT_NE(refusal("{" + a + "," + a + "}", "12"), "nothing was thrown");
}

TEST_F(Safetensors, RefusesHalfOfTheChecksums) {
  EXPECT_SAYS(refusal(R"({"__metadata__":{"aelab.checksums":"{}"}})", ""), "missing");
  EXPECT_SAYS(refusal(R"({"__metadata__":{"aelab.metadata_checksum":"00000000"}})", ""), "missing");
}

TEST_F(Safetensors, HostileBytesGiveErrors) {
  const Example example;
  write_safetensors(path, example.tensors, example.metadata);
  const std::string content = read_file(path);
  const std::string alphabet = "{}[]\",:0123456789-e.\\ u\xff";
  std::mt19937 random(3);
  for (int round = 0; round < 1200; ++round) {
    std::string damaged = content;
    for (unsigned edits = 1 + random() % 4; edits > 0; --edits) {
      const std::size_t at = random() % damaged.size();
      switch (random() % 3) {
        case 0:
          damaged[at] = alphabet[random() % alphabet.size()];
          break;
        case 1:
          damaged.erase(at, random() % 9);
          break;
        default:
          damaged.insert(at, damaged.substr(random() % damaged.size(), random() % 9));
      }
      if (damaged.empty()) damaged = content;
    }
    put(damaged);
    try {
      SafetensorsFile::read(path);
    } catch (const Error&) {
    }
  }
}

TEST_F(Safetensors, WriterRefusesWhatNoFileCanHold) {
  const std::byte bytes[4] = {};
  const auto refuses = [&](std::vector<TensorBytes> tensors, Metadata metadata = {}) {
    EXPECT_THROW(write_safetensors(path, tensors, std::move(metadata)), std::invalid_argument);
    EXPECT_FALSE(fs::exists(path));
  };
  refuses({{"a", "F32", {1}, bytes}, {"a", "F32", {1}, bytes}});
  refuses({{"__metadata__", "F32", {1}, bytes}});
  refuses({{"a", "F31", {1}, bytes}});
  refuses({{"a", "F32", {2}, bytes}});
  refuses({{"a", "F32", {-1}, bytes}});
  refuses({{"a", "U8", {std::int64_t{1} << 62, 4}, {}}});
  refuses({{"\xff", "F32", {1}, bytes}});
  refuses({}, {{"key", "\xff"}});
}

TEST_F(Safetensors, WriteFailureNamesThePath) {
  try {
    write_safetensors(folder / "no" / "file", {}, {});
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_SAYS(std::string(failure.what()), (folder / "no" / "file").string());
  }
}

}  // namespace
}  // namespace aelab
