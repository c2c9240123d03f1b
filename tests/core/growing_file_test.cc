#include "aelab/core/growing_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "aelab/core/error.h"
#include "aelab/core/files.h"
#include "tests/support.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;
using Mark = GrowingFile::Mark;

// The check value of CRC-32 (IEEE 802.3), that of the nine digits, as every catalogue of checksums gives it.
constexpr Mark kDigits = {.length = 9, .crc32 = 0xcbf43926};

class GrowingFiles : public testing::Test {
 protected:
  static void put(const fs::path& path, const std::string& content) {
    std::ofstream(path, std::ios::binary) << content;
  }
  TemporaryFolder temporary;
  fs::path folder = temporary.path(), path = folder / "metrics.jsonl";
};

TEST_F(GrowingFiles, MarksHaveTheChecksumOfAllThatWasAppended) {
  GrowingFile file(path);
  EXPECT_EQ(file.mark(), Mark());
  file.append("1234");
  file.append("");
  file.append("56789");
  file.sync();
  EXPECT_EQ(file.mark(), kDigits);
  EXPECT_EQ(Mark::load(file.mark().save()), kDigits);
  EXPECT_THROW(Mark::load(9), nlohmann::json::exception);
  for (const auto* forged : {R"({"length": -1, "crc32": 0})", R"({"length": 3.5, "crc32": 0})",
                             R"({"length": 1, "crc32": -2})", R"({"length": "1", "crc32": 0})"})
    EXPECT_THROW(Mark::load(nlohmann::json::parse(forged)), nlohmann::json::exception) << forged;
}

TEST_F(GrowingFiles, ContinueAtTheirMark) {
  put(path, "123456789, and more that no checkpoint knew");
  {
    GrowingFile file(path, kDigits);
    EXPECT_EQ(read_file(path), "123456789");
    file.append("0");
  }
  EXPECT_EQ(read_file(path), "1234567890");
  GrowingFile begun_anew(path);
  EXPECT_EQ(read_file(path), "");
}

TEST_F(GrowingFiles, LongOnesAreCheckedWhole) {
  const std::string line(999, 'x');
  Mark mark;
  {
    GrowingFile file(path);
    for (int i = 0; i < 300; ++i) file.append(line);
    mark = file.mark();
  }
  const auto content = read_file(path);
  EXPECT_EQ(GrowingFile(path, mark).mark(), mark);
  for (const std::size_t place : {std::size_t{0}, content.size() / 2, content.size() - 1}) {
    auto damaged = content;
    damaged[place] ^= 1;
    put(path, damaged);
    EXPECT_SAYS(message_of<Failure>([&] { GrowingFile(path, mark); }), "was changed or damaged");
    EXPECT_EQ(read_file(path), damaged) << "what is damaged stays as it is";
  }
}

TEST_F(GrowingFiles, RefuseAFileThatIsTooShort) {
  put(path, "1234");
  EXPECT_SAYS(message_of<Failure>([&] { GrowingFile(path, kDigits); }), "has 4 bytes, but 9 were recorded");
  EXPECT_EQ(read_file(path), "1234");
  EXPECT_SAYS(message_of<Failure>([&] { GrowingFile(folder / "b", kDigits); }), "is missing: it had 9 bytes");
  EXPECT_FALSE(fs::exists(folder / "b"));
}

TEST_F(GrowingFiles, NeverFollowLinks) {
  put(folder / "elsewhere", "123456789");
  fs::create_symlink(folder / "elsewhere", path);
  for (const auto mark : {Mark(), kDigits})
    EXPECT_SAYS(message_of<Failure>([&] { GrowingFile(path, mark).append("0"); }), "symbolic link");
  EXPECT_EQ(read_file(folder / "elsewhere"), "123456789");
}

TEST_F(GrowingFiles, LeaveOtherNamesOfAFileAsTheyAre) {
  for (const auto mark : {kDigits, Mark()}) {
    fs::remove(path);
    put(folder / "original", "123456789, and more");
    fs::create_hard_link(folder / "original", path);
    GrowingFile file(path, mark);
    file.append("copy");
    EXPECT_EQ(read_file(folder / "original"), "123456789, and more");
    EXPECT_EQ(read_file(path), std::string("123456789").substr(0, mark.length) + "copy");
  }
}

TEST_F(GrowingFiles, SayThatTheDiskIsFull) {
  GrowingFile file("/dev/full");
  const std::string message = message_of<Failure>([&] { file.append("x"); });
  EXPECT_SAYS(message, "/dev/full");
  EXPECT_SAYS(message, "No space left on device");
  EXPECT_EQ(file.mark(), Mark());
  file.sync();
}

TEST_F(GrowingFiles, Move) {
  GrowingFile a(folder / "a"), b(folder / "b");
  a.append("1234");
  GrowingFile c = std::move(a);
  c.append("5678");
  b = std::move(c);
  b.append("9");
  EXPECT_EQ(b.mark(), kDigits);
  EXPECT_EQ(b.path(), folder / "a");
  EXPECT_EQ(read_file(folder / "a"), "123456789");
}

}  // namespace
}  // namespace aelab
