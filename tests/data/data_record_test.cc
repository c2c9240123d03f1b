// What tells that files are those that a run used.

#include "aelab/data/data_record.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "aelab/core/checksum.h"
#include "aelab/core/error.h"
#include "aelab/core/files.h"
#include "aelab/core/image.h"
#include "aelab/data/formats/file_record.h"
#include "aelab/data/formats/npy.h"
#include "aelab/data/sources.h"
#include "tests/support.h"

namespace aelab {
namespace {

class DataRecords : public testing::Test {
 protected:
  /// Writes float rows or int64 class numbers as .npy.
  FileNames npy(const std::string& name, const Tensor& values) const {
    put_file(folder / name,
             npy_header(values.scalar_type() == at::kLong ? "I64" : "F32", values.sizes().vec()) +
                 std::string(static_cast<const char*>(values.const_data_ptr()), values.nbytes()));
    return folder / name;
  }

  TemporaryFolder folder;
};

TEST_F(DataRecords, TellWhenAFileIsAnother) {
  const auto x = npy("x.npy", at::zeros({5, 4}));
  const auto open = [&] { return open_dataset(Npy::Config{.files = x}); };
  const auto record = record_of_data(open());
  EXPECT_GT(open().opened, 0);
  EXPECT_EQ(message_of<Error>([&] { check_record(record, open()); }), "nothing was thrown");
  npy("x.npy", at::ones({5, 4}));
  EXPECT_SAYS(message_of<Error>([&] { check_record(record, open()); }),
              "x.npy is not what the run used: its checksum is ");
  npy("x.npy", at::ones({6, 4}));
  EXPECT_SAYS(message_of<Error>([&] { check_record(record, open()); }), "x.npy is not what the run used: ");
}

TEST_F(DataRecords, HoldSizeAndBlocksBeyondALimit) {
  constexpr std::uint64_t kLimit = 1'000'000;
  const auto x = npy("x.npy", at::arange(300'000, at::kFloat).view({3000, 100}));  // 1.2 MB
  const auto labels = npy("y.npy", at::zeros({3000}, at::kLong));                  // 24 kB
  const auto open = [&] { return open_dataset(Npy::Config{.files = x, .label_files = labels}); };
  const auto record = record_of_data(open(), kLimit), whole = record_of_data(open(), kAllWhole);
  EXPECT_EQ(record_of_data(open()), whole);  // 1.2 MB are no gigabyte
  EXPECT_TRUE(is_record_of_data(record) && is_record_of_data(whole));
  EXPECT_EQ(record["files"][1], whole["files"][1]);  // shorter than the blocks would be
  EXPECT_FALSE(record["files"][0].contains("crc32"));
  auto content = read_file(x.front());
  EXPECT_EQ(record["files"][0]["bytes"], content.size());
  std::string blocks;
  const auto begin_of = [&](std::size_t block) { return (content.size() - 4096) * block / 63; };
  for (std::size_t block = 0; block < 64; ++block) blocks += content.substr(begin_of(block), 4096);
  EXPECT_EQ(record["files"][0]["crc32_of_blocks"], checksum(blocks));

  const auto says = [&](const nlohmann::json& recorded) {
    return message_of<Error>([&] { check_record(recorded, open()); });
  };
  const auto verified = [&](const nlohmann::json& recorded) {
    return message_of<Error>([&] {
      auto files = verified_files(recorded, [](const std::string& path) { return path; });
      for (std::size_t i = 0; i < files.size(); ++i) {
        EXPECT_EQ(files[i]["compared"], checksum_name(recorded["files"][i]));
        files[i].erase("compared");
      }
      EXPECT_EQ(files, whole["files"]);
    });
  };
  for (const auto& recorded : {record, whole}) {
    EXPECT_EQ(says(recorded), "nothing was thrown");
    EXPECT_EQ(verified(recorded), "nothing was thrown");
  }
  const auto change = [&](std::size_t place) {
    content[place] = static_cast<char>(content[place] ^ 1);
    put_file(x.front(), content);
  };
  const auto between = begin_of(20) + 5000;  // two blocks
  change(between);
  EXPECT_EQ(says(record), "nothing was thrown");
  EXPECT_SAYS(says(whole),
              "x.npy is not what the run used: its checksum is ");  // compared as it was recorded
  EXPECT_SAYS(verified(whole), "x.npy is not what the run used: its checksum is ");
  change(between);
  for (const std::size_t block : {1, 40, 63}) {
    change(begin_of(block) + 4095);
    EXPECT_SAYS(says(record), "x.npy is not what the run used: its checksum is ") << block;
    EXPECT_SAYS(verified(record), "x.npy is not what the run used: its checksum is ");
    change(begin_of(block) + 4095);
  }
  npy("x.npy", at::zeros({3000, 101}));
  EXPECT_SAYS(says(record), "1200128 bytes");
}

TEST_F(DataRecords, HoldNamesSizesAndBlocksOfFoldersBeyondALimit) {
  std::filesystem::create_directory(folder / "p");
  std::string joint;
  for (const auto* name : {"a.png", "b.png", "c.png"}) {
    const auto image = encode_png({10, 10, 3, std::vector<std::uint8_t>(300, 7)});
    put_file(folder / "p" / name, image + std::string(100'000, *name));
    joint += image + std::string(100'000, *name);
  }
  const auto now = [&] { return record_of(folder / "p", Checksum::blocks); };
  const auto record = now();
  EXPECT_EQ(record.kind, Checksum::blocks);
  EXPECT_EQ(record.bytes, joint.size());
  std::string over;
  for (const auto* name : {"a.png", "b.png", "c.png"})
    over += std::to_string(std::filesystem::file_size(folder / "p" / name)) + " " + name + "\n";
  for (std::size_t block = 0; block < 64; ++block)
    over += joint.substr((joint.size() - 4096) * block / 63, 4096);
  EXPECT_EQ(fmt::format("{:08x}", record.crc32), checksum(over));
  std::filesystem::rename(folder / "p/b.png", folder / "p/b2.png");
  EXPECT_NE(now().crc32, record.crc32);
  std::filesystem::rename(folder / "p/b2.png", folder / "p/b.png");
  EXPECT_EQ(now().crc32, record.crc32);
  EXPECT_EQ(length_of(folder / "p"), joint.size());
}

TEST_F(DataRecords, RefuseFilesThatChangeOnceTheyAreRead) {
  const auto files = npy("x.npy", at::zeros({4, 3}));
  const auto data = open_dataset(Npy::Config{.files = files});
  EXPECT_EQ(message_of<Error>([&] { record_of_data(data); }), "nothing was thrown");
  const auto written = std::filesystem::last_write_time(files.front());
  std::this_thread::sleep_for(std::chrono::milliseconds(50));  // more than stamps are coarse
  npy("x.npy", at::ones({4, 3}));
  std::filesystem::last_write_time(files.front(), written);  // as copying with its times does
  EXPECT_SAYS(message_of<Error>([&] { record_of_data(data); }), files.front() + " was changed");
  EXPECT_EQ(message_of<Error>([&] { record_of_data(open_dataset(Npy::Config{.files = files})); }),
            "nothing was thrown");
}

}  // namespace
}  // namespace aelab
