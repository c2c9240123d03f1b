// Data of runs, whose errors name the fields of a run file.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "aelab/core/files.h"
#include "aelab/core/text.h"
#include "aelab/data/sources.h"
#include "aelab/data/transforms.h"
#include "aelab/models/dense.h"
#include "aelab/runs/made.h"
#include "aelab/runs/working_folder.h"
#include "tests/support.h"

namespace aelab {
namespace {

struct DataOfRuns : testing::Test {
  TemporaryFolder folder;

  Csv::Config table(const std::string& name, const std::string& text) const {
    write_file(folder / name, text);
    return {.files = {(folder / name).string()}};
  }
  static std::string refusal(const Choice<Source>& source, const SplitConfig& split = {}) {
    OpenedData opened;
    return message_of<Error>([&] { opened.split({.source = source, .split = split}, /*seed=*/0); });
  }
};

TEST_F(DataOfRuns, NameTheFieldsOfTheirSources) {
  const auto right = table("a.csv", "x,y\n1,2\n3,4\n");
  auto untested = right;
  untested.test_files = {"none.csv", "neither.csv"};
  const auto said = refusal(untested);
  EXPECT_BEGINS(said, "data.test_files: there is no file none.csv, neither.csv in ");
  EXPECT_BEGINS(refusal(JoinedSources::Config{.sources = {right, untested}}),
                "data.sources[1].test_files: there is no file none.csv");
  EXPECT_BEGINS(refusal(Mnist::Config{.folder = folder.path()}), "data.folder: mnist needs ");
}

TEST_F(DataOfRuns, NameTheFilesThatAreWrong) {
  const auto broken = table("b.csv", "x,y\n1,2\nthree,four\n");
  const auto file = (folder / "b.csv").string();
  const auto said = refusal(broken);
  EXPECT_BEGINS(said, "data: " + file + ":3: column 0 (\"x\"): \"three\" is not a number");
  EXPECT_SAYS(said, "\n  data: " + file + ":3: column 1 (\"y\"): \"four\" is not a number");
  EXPECT_BEGINS(refusal(JoinedSources::Config{.sources = {broken}}), "data.sources[0]: " + file + ":3: ");
  EXPECT_BEGINS(refusal(Npy::Config{.files = {file}}), "data: " + file + " is not a NumPy .npy file");
}

TEST_F(DataOfRuns, NameTheFieldsOfTheirSplits) {
  const auto right = table("a.csv", "x,y\n1,2\n3,4\n");
  EXPECT_BEGINS(refusal(right, {.validation = 7}), "data.validation: asks for 7 rows");
  EXPECT_BEGINS(refusal(right, {.transforms = {FlipTransform::Config{}}}),
                "data.transforms[0]: needs images");
  EXPECT_BEGINS(refusal(right, {.transforms = {WhitenTransform::Config{.components = 3}}}),
                "data.transforms[0].components: 3 are more than the 2 features");
}

TEST_F(DataOfRuns, SayWhereRelativePathsWereLookedFor) {
  const Csv::Config lost{.files = {"none.csv", "neither.csv"}};
  OpenedData opened(folder.path());
  const auto said = message_of<Error>([&] { opened.open(lost); });
  EXPECT_BEGINS(said, "data.files: there is no file none.csv, neither.csv in ");
  EXPECT_SAYS(said,
              "; relative paths were looked for in " + folder.path().string() + ", where the run began");
  const auto of_images = message_of<Error>([&] { opened.open(Images::Config{.files = "none"}); });
  EXPECT_BEGINS(of_images, "data.files: there is no folder none; relative paths were looked for in ");
}

TEST_F(DataOfRuns, AreRefusedOnce) {
  RunConfig config;
  config.data.source = table("a.csv", "x,y\n1,2\n3,4\n5,6\n7,9\n");
  config.data.split = {.validation = 1, .test = 1.0, .transforms = {FlipTransform::Config{}}};
  config.model.variant = Dense::Config{.base = {.code = 1}};
  Problems problems;
  make(config, problems);
  ASSERT_EQ(problems.all().size(), 1) << join(problems.all(), "\n");
  EXPECT_BEGINS(problems.all().front(), "data.transforms[0]: needs images");
}

}  // namespace
}  // namespace aelab
