#include <numeric>

#include "aelab/reports/comparison_page.h"
#include "aelab/reports/curves.h"
#include "aelab/reports/differences.h"
#include "aelab/reports/run_page.h"
#include "tests/reports/records.h"

namespace aelab {
namespace {

Json curve(const Json& curves, const std::string& name) {
  for (const auto& one : curves)
    if (one.at("name") == name) return one;
  return {};
}

Curves made(std::vector<double> epochs, std::vector<std::optional<double>> values) {
  Curves curves{.epochs = epochs, .steps = {}, .phases = {}, .metrics = {{"loss", std::move(values)}}};
  for (const auto epoch : epochs) {
    curves.steps.push_back(10 * epoch);
    curves.phases.emplace_back("train");
  }
  return curves;
}

TEST(CurvesTest, BandsAreMeanAndRangeOverTheRunsThatGoOn) {
  const auto bands = bands_json({{made({1, 2, 3}, {8.0, 4.0, 1.0}), made({1, 2}, {6.0, std::nullopt})}, {}});
  ASSERT_EQ(bands.size(), 1U);
  ASSERT_EQ(bands[0].at("variants").size(), 1U) << "a variant without runs has no band";
  const auto band = bands[0].at("variants")[0];
  EXPECT_EQ(band.at("variant"), 0);
  EXPECT_EQ(band.at("epochs"), Json({1, 2, 3}));
  EXPECT_EQ(band.at("steps"), Json({10, 20, 30}));
  EXPECT_EQ(band.at("mean"), Json({7, 4, 1}));
  EXPECT_EQ(band.at("low"), Json({6, 4, 1}));
  EXPECT_EQ(band.at("high"), Json({8, 4, 1}));
  EXPECT_EQ(band.at("runs"), Json({2, 1, 1}));
}

TEST(CurvesTest, BandsHaveTheirRangeWhateverTheOrderOfTheRuns) {
  const auto band =
      bands_json({{made({1, 2}, {5.0, 2.0}), made({1, 2}, {9.0, 1.0}), made({1, 2}, {4.0, 3.0})}})[0].at(
          "variants")[0];
  EXPECT_EQ(band.at("mean"), Json({6, 2}));
  EXPECT_EQ(band.at("low"), Json({4, 1}));
  EXPECT_EQ(band.at("high"), Json({9, 3}));
}

TEST(CurvesTest, LongOnesAreThinnedAndKeepTheirEnd) {
  std::vector<double> epochs(1001);
  std::iota(epochs.begin(), epochs.end(), 1);
  const auto value = curves_json(made(epochs, std::vector<std::optional<double>>(1001, 1.0)));
  const auto& shown = value.at("epochs");
  EXPECT_LE(shown.size(), 200U);
  EXPECT_GE(shown.size(), 100U);
  EXPECT_EQ(shown.back(), 1001);
  EXPECT_EQ(value.at("metrics")[0].at("values").size(), shown.size());
}

TEST(CurvesTest, AMetricThatComesLaterOrEndsEarlierHasHoles) {
  const TemporaryFolder temporary;
  put_file(temporary / "metrics.jsonl",
           "{\"epoch\": 1, \"step\": 1, \"phase\": \"a\", \"early\": 1}\n"
           "{\"epoch\": 2, \"step\": 2, \"phase\": \"b\", \"late\": null}\n"
           "{\"epoch\": 3, \"step\": 3, \"phase\": \"b\", \"late\": 5}\n");
  Material material;
  const auto value = curves_json(read_curves(Folder(temporary.path(), material)));
  EXPECT_EQ(curve(value.at("metrics"), "early").at("values"), Json({1, nullptr, nullptr}));
  EXPECT_EQ(curve(value.at("metrics"), "late").at("values"), Json({nullptr, nullptr, 5}));
  EXPECT_EQ(value.at("phases"), Json({{{"name", "a"}, {"epoch", 0}}, {{"name", "b"}, {"epoch", 1}}}));
}

TEST(DifferencesTest, OnlyWhatDiffers) {
  const Json one = {
      {"name", "a"},
      {"seed", 1},
      {"training", {{"epochs", 3}}},
      {"model",
       {{"variant", "dense"},
        {"code", 2},
        {"hidden", {8}},
        {"expanded", {{"code", 2}, {"backbone", {{"hidden", {8}}}}, {"penalties", Json::array()}}}}}};
  auto other = one;
  other["name"] = "b";
  other["seed"] = 2;
  other["model"]["variant"] = "sparse";
  other["model"]["target"] = 0.1;
  other["model"]["sparsity"] = "kl";
  other["model"]["expanded"]["penalties"] = {{{"kind", "kl"}, {"target", 0.1}}};
  const auto rows = differences({one, Json(), other});
  EXPECT_EQ(rows, Json({{{"key", "model.penalties"}, {"values", {"[]", nullptr, nullptr}}},
                        {{"key", "model.penalties.kl.target"}, {"values", {nullptr, nullptr, "0.1"}}},
                        {{"key", "model.sparsity"}, {"values", {nullptr, nullptr, "kl"}}},
                        {{"key", "model.variant"}, {"values", {"dense", nullptr, "sparse"}}}}));
  EXPECT_TRUE(differences({one, one}).empty());
  EXPECT_TRUE(differences({}).empty());
}

TEST(RunPageTest, HasWhatTheRunLeft) {
  const TemporaryFolder temporary;
  put_run(temporary.path());
  Material material;
  const auto page = run_page(Folder(temporary.path(), material));
  EXPECT_TRUE(material.gaps().empty()) << material.gaps().front();
  EXPECT_EQ(page.at("seed"), "3");
  EXPECT_EQ(page.at("status").at("state"), "completed");
  EXPECT_EQ(page.at("measured").at("measures")[0].at("value"), nullptr) << "not applicable is no number";
  EXPECT_EQ(page.at("measured").at("measures")[1].at("value"), 0.25);
  EXPECT_EQ(page.at("measured").at("measures")[1].at("definition"), "mean of squares");
  EXPECT_EQ(page.at("measured").at("cautions"), Json({"the code has collapsed"}));
  EXPECT_EQ(page.at("model").at("input"), "1 x 8 x 8");
  EXPECT_EQ(page.at("model").at("parts")[0].at("settings"), Json({{{"key", "hidden"}, {"value", "[8]"}}}));
  EXPECT_EQ(page.at("layers")[0].at("parameters"), 520);
  EXPECT_EQ(page.at("codes").at("labels"), Json({0, 1, 1}));
  EXPECT_EQ(page.at("latent").at("divergences"), Json({0.5, 2.0}));
  EXPECT_EQ(page.at("pictures").size(), 2U);
  EXPECT_EQ(page.at("log"), "phase \"train\" begins\n");
}

TEST(RunPageTest, HasTheSettingsThatHaveAnEffect) {
  const Json settings = {
      {"activation", "relu"}, {"hidden", Json::array()}, {"initialization", "he"}, {"tied", false}};
  const auto keys = [](const Json& record) {
    const TemporaryFolder temporary;
    put_run(temporary.path(), record);
    Material material;
    std::string names;
    const auto page = run_page(Folder(temporary.path(), material));
    for (const auto& setting : page.at("model").at("parts")[0].at("settings"))
      names += setting.at("key").get<std::string>() + " ";
    return names;
  };
  auto record = run_record();
  auto& shown = record["summary/summary.json"]["model"]["parts"][0]["settings"];
  shown = settings;
  EXPECT_EQ(keys(record), "hidden initialization tied ") << "no hidden layer, no activation of one";
  shown["hidden"] = {8};
  EXPECT_EQ(keys(record), "activation hidden initialization tied ");
  record["status.json"]["closed_form"] = true;
  EXPECT_EQ(keys(record), "activation hidden tied ") << "a closed form needs no initial weights";
}

TEST(RunPageTest, OfPicturesOfTrainingTheFirstTheMiddleAndTheLast) {
  const TemporaryFolder temporary;
  put_run(temporary.path());
  std::filesystem::create_directories(temporary / "images");
  for (const auto* epoch : {"01", "02", "03", "04", "05"})
    put_file(temporary / (std::string("images/codes-00") + epoch + ".png"), small_picture());
  put_file(temporary / "images/filters-0001.png", small_picture());
  Material material;
  const auto page = run_page(Folder(temporary.path(), material));
  std::vector<std::string> names;
  for (const auto& picture : page.at("training_pictures")) names.push_back(picture.at("name"));
  EXPECT_EQ(names, (std::vector<std::string>{"codes-0001.png", "codes-0003.png", "codes-0005.png",
                                             "filters-0001.png"}));
}

TEST(ComparisonPageTest, HasWhatTheComparisonSays) {
  const TemporaryFolder temporary;
  put_comparison(temporary.path());
  Material material;
  const auto page = comparison_page(Folder(temporary.path(), material));
  EXPECT_TRUE(material.gaps().empty()) << material.gaps().front();
  EXPECT_EQ(page.at("summary"), "sparse leads.");
  EXPECT_EQ(page.at("details"), Json({"sparse is lower (better)."}));
  EXPECT_EQ(page.at("caveats"), Json({"Two seeds are few."}));
  EXPECT_EQ(page.at("measures")[0].at("claim"),
            Json({{"leader", 1},
                  {"level", "decided"},
                  {"explanation", "The difference from dense is significant."}}));
  EXPECT_EQ(page.at("measures")[0].at("rows")[0].at("level"), "decided");
  EXPECT_EQ(page.at("measures")[0].at("rows")[0].at("sentence"), "dense is worse.");
  EXPECT_EQ(page.at("measures")[0].at("rows")[0].at("pareto_optimal"), Json({{"parameters", false}}));
  EXPECT_EQ(page.at("levels"), Json({{{"key", "decided"}, {"value", "all differ"}},
                                     {{"key", "not judged"}, {"value", "nothing is known"}}}));
  EXPECT_EQ(page.at("runs"), Json({{"planned", 4}, {"completed", 4}}));
  EXPECT_EQ(page.at("variants")[0].at("still_improving"), nullptr);
  EXPECT_EQ(page.at("variants")[1].at("still_improving"), Json({{"runs", 1}, {"of", 2}}));
  const auto& rows = page.at("measures")[0].at("rows");
  EXPECT_EQ(rows[0].at("against"), nullptr);
  EXPECT_EQ(rows[1].at("against").at("p"), 0.01);
  EXPECT_EQ(rows[1].at("interval"), Json({0.1, 0.3}));
  EXPECT_EQ(page.at("variants")[1].at("seconds"), Json({{"mean", 1.5}, {"low", 1}, {"high", 2}}));
  EXPECT_EQ(page.at("variants")[1].at("code"), 2);
  EXPECT_EQ(page.at("curves")[0].at("variants").size(), 2U);
  EXPECT_EQ(page.at("robustness").at("rows")[1].at("values"), Json({0.3, nullptr}));
  ASSERT_EQ(page.at("differences").size(), 1U);
  EXPECT_EQ(page.at("differences")[0].at("key"), "model.variant");
}

TEST(ComparisonPageTest, WhatIsNotInTheFileIsEmpty) {
  const TemporaryFolder temporary;
  auto results = comparison_results();
  results["measures"][0]["claim"]["leader"] = nullptr;
  results["variants"][0]["costs"]["seconds"] = nullptr;
  results["variants"][0].erase("code");
  results["measures"][0]["rows"][0]["pareto_optimal"] = {{"parameters", nullptr}, {"seconds", "yes"}};
  put_comparison(temporary.path(), results);
  Material material;
  const auto page = comparison_page(Folder(temporary.path(), material));
  EXPECT_EQ(page.at("measures")[0].at("claim").at("leader"), nullptr);
  EXPECT_EQ(page.at("variants")[0].at("seconds"), nullptr);
  EXPECT_EQ(page.at("variants")[0].at("code"), nullptr) << "the run's summary is not asked";
  EXPECT_EQ(page.at("measures")[0].at("rows")[0].at("pareto_optimal"),
            Json({{"parameters", nullptr}, {"seconds", nullptr}}));
}

TEST(ComparisonPageTest, AVariantThatAMeasureLeavesOutHasAnEmptyRow) {
  const TemporaryFolder temporary;
  auto results = comparison_results();
  results["measures"][0]["rows"].erase(0);
  put_comparison(temporary.path(), results);
  Material material;
  const auto page = comparison_page(Folder(temporary.path(), material));
  const auto& rows = page.at("measures")[0].at("rows");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].at("mean"), nullptr);
  EXPECT_EQ(rows[1].at("mean"), 0.2);
}

TEST(ComparisonPageTest, RunsThatFailedOrWentAreNamed) {
  const TemporaryFolder temporary;
  auto results = comparison_results();
  results["variants"][0]["runs"][0]["state"] = "failed";
  results["variants"][0]["runs"][0]["message"] = "the loss became nan";
  results["excluded_runs"] = {"dense/seed-1: failed: the loss became nan"};
  put_comparison(temporary.path(), results);
  std::filesystem::remove_all(temporary / "runs/sparse/seed-1");
  Material material;
  const auto page = comparison_page(Folder(temporary.path(), material));
  EXPECT_EQ(page.at("excluded_runs"), Json({"dense/seed-1: failed: the loss became nan"}));
  EXPECT_EQ(page.at("variants")[0].at("runs")[0].at("message"), "the loss became nan");
  EXPECT_EQ(page.at("variants")[0].at("shown_seed"), "2") << "the first run that completed is shown";
  EXPECT_FALSE(material.gaps().empty());
  for (const auto& gap : material.gaps()) EXPECT_SAYS(gap, "runs/sparse/seed-1/");
}

}  // namespace
}  // namespace aelab
