#include "aelab/reports/code_use.h"

#include "aelab/core/files.h"
#include "aelab/reports/run_page.h"
#include "tests/reports/records.h"

namespace aelab {
namespace {

Json use_of(const std::filesystem::path& folder, const std::string& lines) {
  put_file(folder / "code_use.jsonl", lines);
  Material material;
  auto use = code_use_json(Folder(folder, material));
  EXPECT_TRUE(material.gaps().empty());
  return use;
}

TEST(CodeUsePage, IsAbsentFromFoldersWithoutIt) {
  const TemporaryFolder temporary;
  put_run(temporary.path());
  Material material;
  EXPECT_TRUE(run_page(Folder(temporary.path(), material)).at("code_use").is_null());
  for (const auto& gap : material.gaps()) EXPECT_EQ(gap.find("code_use"), std::string::npos) << gap;
  EXPECT_TRUE(use_of(temporary.path(), "").is_null());
}

TEST(CodeUsePage, BeginsWithTheDimensionOfTheLargestLastDivergence) {
  const TemporaryFolder temporary;
  const auto use =
      use_of(temporary.path(), R"({"epoch":1,"step":4,"phase":"one","divergences":[3,0.5,1,null]})"
                               "\n"
                               R"({"epoch":2,"step":8,"phase":"two","divergences":[0.25,2,1,null]})"
                               "\n");
  EXPECT_EQ(use.at("epochs"), Json({1, 2}));
  EXPECT_EQ(use.at("phases"), Json::parse(R"([{"name":"one","epoch":0},{"name":"two","epoch":1}])"));
  EXPECT_EQ(use.at("dimensions"), 4);
  EXPECT_EQ(use.at("divergences"),
            Json::parse(R"([{"dimension":1,"values":[0.5,2]},{"dimension":2,"values":[1,1]},
                            {"dimension":0,"values":[3,0.25]},{"dimension":3,"values":[null,null]}])"));
  EXPECT_EQ(use.at("perplexity"), Json::array());
}

TEST(CodeUsePage, HasTheCodebookAtEachEpoch) {
  const TemporaryFolder temporary;
  const auto use =
      use_of(temporary.path(), R"({"epoch":1,"step":4,"phase":"one","perplexity":2.5,"used":0.25})"
                               "\n"
                               R"({"epoch":2,"step":8,"phase":"one","perplexity":4,"used":null})"
                               "\n");
  EXPECT_EQ(use.at("perplexity"), Json({2.5, 4}));
  EXPECT_EQ(use.at("used"), Json({0.25, nullptr}));
  EXPECT_EQ(use.at("divergences"), Json::array());
  EXPECT_EQ(use.at("dimensions"), 0);
}

TEST(CodeUsePage, ShowsAtMostSixtyFourDimensionsAndTwoHundredEpochs) {
  const TemporaryFolder temporary;
  std::string lines;
  for (int epoch = 1; epoch <= 1001; ++epoch) {
    Json divergences = Json::array();
    for (int dimension = 0; dimension < 100; ++dimension) divergences.push_back(dimension);
    lines +=
        Json{{"epoch", epoch}, {"step", epoch}, {"phase", "one"}, {"divergences", divergences}}.dump() + "\n";
  }
  const auto use = use_of(temporary.path(), lines);
  EXPECT_LE(use.at("epochs").size(), 200U);
  EXPECT_EQ(use.at("epochs").back(), 1001);
  EXPECT_EQ(use.at("dimensions"), 100);
  ASSERT_EQ(use.at("divergences").size(), 64U);
  EXPECT_EQ(use.at("divergences").front().at("dimension"), 99);
  EXPECT_EQ(use.at("divergences").back().at("dimension"), 36);
  for (const auto& row : use.at("divergences")) EXPECT_EQ(row.at("values").size(), use.at("epochs").size());
}

TEST(CodeUsePage, KeepsPriorAndCodebookOfTheSummaryAndNothingElse) {
  const TemporaryFolder temporary;
  auto record = run_record();
  record["summary/summary.json"]["codes"]["prior"] = {
      {"points", 2},
      {"x", {-1, 1}},
      {"y", {-2, 2}},
      {"log_densities", {-1, -2, -3, "<b>"}},
      {"contours", {{{"mass", 0.5}, {"log_density", -1.5}, {"text", "<b>"}}}}};
  record["summary/summary.json"]["codebook"] = {
      {"rows", 9}, {"size", 4}, {"perplexity", 1.5}, {"counts", {6, 3}}, {"text", "<b>"}};
  put_run(temporary.path(), record);
  Material material;
  const auto page = run_page(Folder(temporary.path(), material));
  EXPECT_EQ(page.at("codes").at("prior"),
            Json::parse(R"({"points":2,"x":[-1,1],"y":[-2,2],"log_densities":[-1,-2,-3,null],
                            "contours":[{"mass":0.5,"log_density":-1.5}]})"));
  EXPECT_EQ(page.at("codebook"), Json::parse(R"({"rows":9,"size":4,"perplexity":1.5,"counts":[6,3]})"));
}

}  // namespace
}  // namespace aelab
