// Fields that were renamed: their former keys are read, with a remark, and shown nowhere.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "tests/support.h"

namespace aelab {
namespace {

using nlohmann::json;

struct RenamedPart {
  std::int64_t count = 1;
  void fields(Fields& f) {
    f.formerly({"number"});
    f("count", count, "how many", at_least(1));
  }
};

struct RenamedConfig {
  FileNames files = {};
  std::string label = "";
  std::vector<RenamedPart> parts = {};

  void fields(Fields& f) {
    f.formerly({"train_files", "train_inputs"});
    f("files", files, "the files");
    f("label", label, "no former key");
    f("parts", parts, "objects");
    f.require(!files.empty(), "files", "is missing");
  }
};

struct ReadConfig {
  RenamedConfig config = {};
  Problems problems = {};
};

ReadConfig read_renamed(const json& value) {
  ReadConfig read;
  read_config(value, read.config, read.problems);
  return read;
}

using Texts = std::vector<std::string>;

TEST(FormerKeys, AreReadWithARemark) {
  for (const std::string key : {"train_files", "train_inputs"}) {
    const auto read = read_renamed({{key, "a.csv"}, {"label", "kind"}});
    EXPECT_TRUE(read.problems.empty()) << read.problems.all().front();
    EXPECT_EQ(read.config.files, FileNames("a.csv"));
    EXPECT_EQ(read.problems.remarks(), (Texts{key + ": is now called \"files\"; rename it"}));
  }
  EXPECT_TRUE(read_renamed({{"files", "a.csv"}}).problems.remarks().empty());
}

TEST(FormerKeys, BelongToOneFieldAtItsPath) {
  const auto read = read_renamed({{"files", "a"}, {"parts", {{{"count", 2}}, {{"number", 3}}}}});
  EXPECT_EQ(read.config.parts[1].count, 3);
  EXPECT_EQ(read.problems.remarks(), (Texts{"parts[1].number: is now called \"count\"; rename it"}));
  EXPECT_EQ(read_renamed({{"files", "a"}, {"number", 3}}).problems.all(),
            (Texts{"number: unknown key. Known: files, label, parts."}));
}

TEST(FormerKeys, AreCheckedLikeTheField) {
  EXPECT_EQ(read_renamed({{"files", "a"}, {"parts", {{{"number", 0}}}}}).problems.all(),
            (Texts{"parts[0].number: must be at least 1, is 0"}));
  EXPECT_EQ(read_renamed({{"train_files", 3}}).problems.all().front(),
            "train_files: must be a file's name, or a list of them, not 3");
}

TEST(FormerKeys, ExcludeTheNewOneAndEachOther) {
  EXPECT_EQ(read_renamed({{"files", "a"}, {"train_files", "b"}}).problems.all(),
            (Texts{"train_files: is the former name of \"files\", which is given too: remove it"}));
  const auto both = read_renamed({{"train_files", "a"}, {"train_inputs", "b"}});
  EXPECT_EQ(both.problems.all(),
            (Texts{"train_inputs: is the former name of \"files\", which is given too: remove it"}));
}

TEST(FormerKeys, AreNeitherWrittenNorShown) {
  const auto read = read_renamed({{"train_files", "a.csv"}});
  EXPECT_EQ(write_config(read.config), (json{{"files", "a.csv"}, {"label", ""}, {"parts", json::array()}}));
  RenamedConfig config;
  const auto schema = config_schema(config)["properties"];
  EXPECT_TRUE(schema.contains("files"));
  EXPECT_FALSE(schema.contains("train_files"));
  EXPECT_EQ(read_renamed({{"files", "a"}, {"train_file", "b"}}).problems.all(),
            (Texts{"train_file: unknown key. Known: files, label, parts."}));
}

}  // namespace
}  // namespace aelab
