#include "aelab/reports/dictionary_views.h"

#include "aelab/reports/code_use.h"
#include "aelab/reports/run_page.h"
#include "tests/reports/records.h"

namespace aelab {
namespace {

/// summary/dictionary.json of two latents.
Json two_latents() {
  return {{"format", 1},
          {"part", "test"},
          {"rows", 10},
          {"of", 20},
          {"latents", 2},
          {"dead", 1},
          {"compared", 2},
          {"densities", {{"edges", {-1, -0.5, 0}}, {"counts", {1, 0}}}},
          {"cosines", {{"edges", {0, 0.5, 1}}, {"counts", {0, 2}}}},
          {"bands", {{"rare", 0}, {"middle", 1}, {"dense", 0}}},
          {"definitions", {{"density", {{"definition", "share <b>"}, {"version", 1}}}}},
          {"omitted", {"the first 10 of 20 rows"}},
          {"strongest",
           {{{"latent", 1},
             {"band", "middle"},
             {"active_rows", 3},
             {"rows", {{{"row", 7}, {"activation", 2.5}, {"label", 4}, {"values", {1, 2}}}}}}}},
          {"pictures", {{"columns", 8}, {"width", 3}, {"height", 2}, {"gap", 1}}}};
}

Json shown(const Json& record, std::vector<std::string>* gaps = nullptr) {
  const TemporaryFolder temporary;
  put_json(temporary / "summary/dictionary.json", record);
  put_file(temporary / "summary/latents.png", small_picture());
  Material material;
  auto page = dictionary_json(Folder(temporary.path(), material));
  if (gaps) *gaps = material.gaps();
  return page;
}

TEST(DictionaryPage, IsAbsentFromFoldersWithoutIt) {
  const TemporaryFolder temporary;
  put_run(temporary.path());
  Material material;
  EXPECT_TRUE(run_page(Folder(temporary.path(), material)).at("dictionary").is_null());
  for (const auto& gap : material.gaps()) EXPECT_EQ(gap.find("dictionary"), std::string::npos) << gap;
}

TEST(DictionaryPage, HasWhatTheRunLeft) {
  const auto page = shown(two_latents());
  for (const auto* key :
       {"part", "rows", "of", "latents", "dead", "compared", "densities", "cosines", "bands", "omitted"})
    EXPECT_EQ(page.at(key), two_latents().at(key)) << key;
  EXPECT_TRUE(page.at("truth").is_null());
  EXPECT_EQ(page.at("definitions"), Json::parse(R"([{"key":"density","value":"share <b>"}])"));
  EXPECT_EQ(page.at("strongest"),
            Json::parse(R"([{"latent":1,"band":"middle","active_rows":3,"feature":null,"feature_cosine":null,
                             "rows":[{"row":7,"activation":2.5,"label":4,"values":[1,2]}]}])"));
  EXPECT_EQ(page.at("pictures").at("width"), 3);
  EXPECT_EQ(page.at("pictures").at("cell"), Json::parse(R"({"width":3,"height":2,"gap":1})"));
}

TEST(DictionaryPage, LeavesOutWhatIsDamaged) {
  auto record = two_latents();
  record["densities"]["counts"] = {1, "many"};
  record["cosines"]["edges"] = {0, 1};
  record["truth"] = {{"features", 3}, {"features_cosines", {{"edges", {0, 1}}, {"counts", {3}}}}};
  record["strongest"] = {"none"};
  record["pictures"] = "some";
  const auto page = shown(record);
  for (const auto* key : {"densities", "cosines", "truth", "pictures"})
    EXPECT_TRUE(page.at(key).is_null()) << key;
  EXPECT_EQ(page.at("strongest").at(0).at("rows"), Json::array());
  EXPECT_TRUE(shown(Json::array()).is_null());
  std::vector<std::string> gaps;
  record["format"] = 2;
  shown(record, &gaps);
  EXPECT_EQ(gaps.size(), 1U);
}

TEST(DictionaryPage, HasDeadLatentsAtEachEpoch) {
  const TemporaryFolder temporary;
  put_file(temporary / "code_use.jsonl",
           R"({"epoch":1,"phase":"one","latents":40,"silent":5,"dead":0,"dead_after":150,"threshold":0.5})"
           "\n"
           R"({"epoch":2,"phase":"one","latents":40,"silent":4,"dead":3,"dead_after":150,"threshold":"<b>"})"
           "\n");
  Material material;
  const auto use = code_use_json(Folder(temporary.path(), material));
  EXPECT_EQ(use.at("silent"), Json({5, 4}));
  EXPECT_EQ(use.at("dead"), Json({0, 3}));
  EXPECT_EQ(use.at("threshold"), Json({0.5, nullptr}));
  EXPECT_EQ(use.at("latents"), 40);
  EXPECT_EQ(use.at("dead_after"), 150);
}

}  // namespace
}  // namespace aelab
