#include "aelab/reports/report.h"

#include <chrono>
#include <random>

#include "aelab/core/error.h"
#include "aelab/reports/comparison_page.h"
#include "aelab/reports/index_page.h"
#include "aelab/reports/render.h"
#include "aelab/reports/run_page.h"
#include "tests/reports/records.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

/// The block of data as it stands in a page.
std::string block_of(const std::string& page) {
  const std::string begin = "<script type=\"application/json\" id=\"data\">";
  const auto from = page.find(begin) + begin.size();
  return page.substr(from, page.find("</script>", from) - from);
}

TEST(RenderTest, DataComeBackAsTheyWere) {
  const Json data = {{"text", "</script><script>alert(1)</script><!-- \" ' & \u2028 \\u003c"},
                     {"number", 0.5}};
  const auto page = render_page(data);
  EXPECT_EQ(block_of(page).find('<'), std::string::npos);
  EXPECT_EQ(Json::parse(block_of(page)), data);
}

TEST(RenderTest, NoTextAddsATag) {
  const auto plain = render_page({{"text", "plain"}});
  const auto hostile = render_page({{"</script>",
                                     {"<script>x</script>", "<!--", "<!--<script>", "]]>", "</SCRIPT ",
                                      "<style>", std::string("\xff\xfe<", 3)}}});
  for (const auto* tag : {"<", "<script", "</script", "<!--", "<style"})
    EXPECT_EQ(count(hostile, tag), count(plain, tag)) << tag;
}

TEST(RenderTest, ThePageIsSelfContained) {
  const auto page = render_page({});
  EXPECT_SAYS(page, "Content-Security-Policy");
  EXPECT_SAYS(page, "default-src 'none'");
  EXPECT_SAYS(page, "Chart.js v");
  EXPECT_EQ(page.find("unsafe-inline"), std::string::npos);
  EXPECT_EQ(count(page, "<script"), 3U);
  EXPECT_EQ(count(page, " src="), 0U);
}

TEST(ReportTest, OfARun) {
  const TemporaryFolder temporary;
  put_run(temporary / "runs/small/1");
  const auto report = write_report(temporary / "runs/small/1/");
  EXPECT_EQ(report.kind, "run");
  EXPECT_TRUE(report.gaps.empty());
  const auto data = Json::parse(block_of(read_file(report.file)));
  EXPECT_EQ(data.at("title"), "small/1");
  EXPECT_EQ(report.file, temporary / "runs/small/1/" / "report.html");
}

TEST(ReportTest, OfAComparison) {
  const TemporaryFolder temporary;
  put_comparison(temporary / "which");
  EXPECT_EQ(write_report(temporary / "which").kind, "comparison");
}

TEST(ReportTest, OfARunThatHasHardlyBegun) {
  const TemporaryFolder temporary;
  put_json(temporary / "1/config.json", {{"name", "small"}, {"model", {{"variant", "dense"}}}});
  const auto report = write_report(temporary / "1");
  EXPECT_EQ(report.kind, "run");
  EXPECT_GE(report.gaps.size(), 4U);
  EXPECT_EQ(Json::parse(block_of(read_file(report.file))).at("gaps").size(), report.gaps.size());
}

TEST(ReportTest, WhatHoldsNothingIsRefused) {
  const TemporaryFolder temporary;
  fs::create_directories(temporary / "empty/within");
  EXPECT_SAYS(message_of<Error>([&] { write_report(temporary / "empty"); }),
              "contains no run and no comparison");
  EXPECT_SAYS(message_of<Error>([&] { write_report(temporary / "absent"); }), "is not a folder");
  put_json(temporary / "planned/config.json", {{"variants", Json::array()}});
  EXPECT_SAYS(message_of<Error>([&] { write_report(temporary / "planned"); }), "--collect");
  EXPECT_FALSE(fs::exists(temporary / "empty/report.html"));
  EXPECT_FALSE(fs::exists(temporary / "planned/report.html"));
}

TEST(ReportTest, AComparisonOfAnotherFormatIsToBeCollectedAgain) {
  const TemporaryFolder temporary;
  const auto folder = temporary / "which";
  auto results = comparison_results();
  const auto put_format = [&](int format) {
    results["format"] = format;
    put_comparison(folder, results);
  };
  put_format(1);
  EXPECT_EQ(
      message_of<Error>([&] { write_report(folder); }),
      folder.string() +
          ": comparison.json was written by an older version of aelab (format 1 instead of 2); run \"aelab "
          "compare " +
          folder.string() + " --collect\" to write it again");
  EXPECT_FALSE(fs::exists(folder / "report.html"));
  put_format(3);
  EXPECT_SAYS(message_of<Error>([&] { write_report(folder); }),
              "by a newer version of aelab (format 3 instead");
  // An index lists it, with what to do.
  const auto entry =
      Json::parse(block_of(read_file(write_report(temporary.path()).file))).at("entries").at(0);
  EXPECT_EQ(entry.at("state"), "no results");
  EXPECT_SAYS(entry.at("note").get<std::string>(), "--collect");
  EXPECT_FALSE(fs::exists(folder / "report.html"));
  put_format(2);
  EXPECT_EQ(write_report(folder).kind, "comparison");
}

TEST(ReportTest, AComparisonHasPagesOfItsRuns) {
  const TemporaryFolder temporary;
  const auto folder = temporary / "which";
  auto results = comparison_results();
  results["variants"][0]["runs"][1]["id"] = "dense/gone";
  results["variants"][1]["runs"][1]["id"] = "../runs/sparse/seed-2";
  put_comparison(folder, results);
  const auto page = Json::parse(block_of(read_file(write_report(folder).file)));
  const auto page_of = [&](int variant, int run) {
    return page.at("variants")[variant].at("runs")[run].at("page");
  };
  EXPECT_EQ(page_of(0, 0), Json({"runs", "dense", "seed-1"}));
  EXPECT_EQ(page_of(0, 1), nullptr) << "no folder, no link";
  EXPECT_EQ(page_of(1, 0), Json({"runs", "sparse", "seed-1"}));
  EXPECT_EQ(page_of(1, 1), nullptr) << "nothing outside of runs/";
  const auto run = Json::parse(block_of(read_file(folder / "runs/dense/seed-1/report.html")));
  EXPECT_EQ(run.at("kind"), "run");
  EXPECT_EQ(run.at("comparison"), Json({{"name", "which"}, {"path", {"..", "..", ".."}}}));
  EXPECT_FALSE(fs::exists(folder / "runs/sparse/seed-2/report.html"));
}

TEST(ReportTest, ARunLinksOnlyToAComparisonThatHasAPage) {
  const TemporaryFolder temporary;
  put_comparison(temporary / "which");
  const auto link = [&] {
    const auto report = write_report(temporary / "which/runs/dense/seed-1");
    return Json::parse(block_of(read_file(report.file))).at("comparison");
  };
  EXPECT_EQ(link(), nullptr);
  write_report(temporary / "which");
  EXPECT_EQ(link().at("name"), "which");
  put_run(temporary / "small/1");
  EXPECT_EQ(Json::parse(block_of(read_file(write_report(temporary / "small/1").file))).at("comparison"),
            nullptr);
}

TEST(ReportTest, PagesOfRunsAreWrittenOnce) {
  const TemporaryFolder temporary;
  put_comparison(temporary / "which");
  write_report(temporary / "which");
  const auto runs = temporary / "which/runs";
  const auto long_ago = fs::file_time_type::clock::now() - std::chrono::hours(1);
  for (const auto* run : {"dense/seed-1", "sparse/seed-2"})
    for (const auto* file : {"status.json", "evaluation.json", "report.html"})
      fs::last_write_time(runs / run / file, long_ago);
  put_json(runs / "sparse/seed-2/status.json", {{"status", "stopped"}});
  write_report(temporary / "which");
  EXPECT_EQ(fs::last_write_time(runs / "dense/seed-1/report.html"), long_ago);
  EXPECT_GT(fs::last_write_time(runs / "sparse/seed-2/report.html"), long_ago);
}

TEST(IndexTest, ListsRunsAndComparisonsButNotAComparisonsRuns) {
  const TemporaryFolder temporary;
  put_run(temporary / "runs/small/1");
  put_run(temporary / "runs/small/2");
  put_comparison(temporary / "comparisons/which");
  put_json(temporary / "comparisons/planned/config.json", {{"variants", Json::array()}});
  fs::create_directory_symlink(temporary.path(), temporary / "runs/loop");
  const auto report = write_report(temporary.path());
  EXPECT_EQ(report.kind, "index");
  const auto entries = Json::parse(block_of(read_file(report.file))).at("entries");
  ASSERT_EQ(entries.size(), 4U);
  EXPECT_EQ(entries[0].at("path"), Json({"comparisons", "planned"}));
  EXPECT_EQ(entries[0].at("state"), "no results");
  EXPECT_EQ(entries[1].at("variant"), "2 variants x 2 seeds");
  EXPECT_EQ(entries[1].at("note"), "sparse leads.");
  EXPECT_EQ(entries[1].at("seconds"), 6) << "of all its runs: 1 + 2 + 1 + 2";
  EXPECT_EQ(entries[2].at("data"), "digits");
  EXPECT_TRUE(fs::exists(temporary / "runs/small/1/report.html"));
  EXPECT_TRUE(fs::exists(temporary / "comparisons/which/report.html"));
  EXPECT_FALSE(fs::exists(temporary / "comparisons/planned/report.html"));
}

TEST(IndexTest, HasAColumnPerMetricWithTheValuesOfRunsAndOfTheVariantsThatLead) {
  const TemporaryFolder temporary;
  put_run(temporary / "runs/small/1", run_record("dense", 0.5));
  auto results = comparison_results();
  results["measures"].push_back(results["measures"][0]);
  results["measures"][1]["name"] = "probe/accuracy";
  results["measures"][1]["better"] = "higher";
  results["measures"][0]["claim"] = {{"leader", "sparse"}, {"level", "decided"}};
  results["measures"][1]["claim"] = {{"leader", nullptr}, {"level", "not judged"}};
  put_comparison(temporary / "comparisons/which", results);
  const auto page = Json::parse(block_of(read_file(write_report(temporary.path()).file)));
  std::vector<std::string> names;
  for (const auto& metric : page.at("metrics")) names.push_back(metric.at("name"));
  EXPECT_EQ(names, (std::vector<std::string>{"reconstruction/mse", "probe/accuracy", "code/l0"}))
      << "the comparison's metric first, those without a better direction last";
  EXPECT_EQ(page.at("metrics")[0].at("definition"), "mean of squares");
  const auto& entries = page.at("entries");
  EXPECT_EQ(entries[0].at("values"),
            Json({{{"variant", "sparse"}, {"mean", 0.2}, {"interval", {0.1, 0.3}}}, nullptr, nullptr}));
  EXPECT_EQ(entries[1].at("values"), Json({0.5, nullptr, nullptr})) << "not applicable is no value";
  EXPECT_EQ(entries[1].at("time"), "2026-01-02T03:04:05Z");
}

TEST(IndexTest, WritesOnlyPagesThatAreMissingOrOlder) {
  const TemporaryFolder temporary;
  put_run(temporary / "1");
  put_run(temporary / "2");
  write_report(temporary.path());
  const auto long_ago = fs::file_time_type::clock::now() - std::chrono::hours(1);
  for (const auto* run : {"1", "2"})
    for (const auto* file : {"status.json", "evaluation.json", "report.html"})
      fs::last_write_time(temporary.path() / run / file, long_ago);
  put_json(temporary / "2/status.json", {{"status", "stopped"}});
  write_report(temporary.path());
  EXPECT_EQ(fs::last_write_time(temporary / "1/report.html"), long_ago);
  EXPECT_GT(fs::last_write_time(temporary / "2/report.html"), long_ago);
}

// --- What others may have put into the files ---

/// Replaces a random value somewhere in `value` by one of another type.
void spoil(Json& value, std::mt19937& random) {
  static const std::vector<Json> kOthers = {nullptr,
                                            true,
                                            -1,
                                            1e308,
                                            "text",
                                            Json::array(),
                                            Json::object(),
                                            {1, "a", nullptr},
                                            {{"name", 3}, {"rows", "x"}}};
  if (value.is_structured() && !value.empty() && random() % 4 != 0) {
    auto at = value.begin();
    std::advance(at, random() % value.size());
    return spoil(*at, random);
  }
  value = kOthers[random() % kOthers.size()];
}

TEST(SpoiledTest, NoContentIsAnError) {
  std::mt19937 random(7);
  const TemporaryFolder temporary;
  put_comparison(temporary / "which");
  put_run(temporary / "run");
  for (int i = 0; i < 40; ++i) {
    auto results = comparison_results();
    auto record = run_record();
    for (int j = 0; j < 5; ++j) {
      spoil(results, random);
      spoil(record[std::next(record.begin(), static_cast<long>(random() % record.size())).key()], random);
    }
    put_json(temporary / "which/comparison.json", results);
    put_run(temporary / "run", record);
    put_run(temporary / "which/runs/dense/seed-1", record);
    Material material;
    EXPECT_NO_THROW(render_page(comparison_page(Folder(temporary / "which", material)))) << results;
    EXPECT_NO_THROW(render_page(run_page(Folder(temporary / "run", material)))) << record;
    EXPECT_NO_THROW(index_page(Folder(temporary.path(), material), {temporary / "run", temporary / "which"}))
        << record;
  }
}

}  // namespace
}  // namespace aelab
