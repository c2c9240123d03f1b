// Pages are sent to others: nothing that a link leads out of their folder to gets onto them.

#include "aelab/reports/report.h"
#include "tests/reports/records.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSecret = "a-secret-of-someone-else";

struct Links : testing::Test {
  TemporaryFolder temporary;
  fs::path run = temporary / "runs/small/1", elsewhere = temporary / "elsewhere";

  Links() {
    put_run(run);
    fs::create_directories(elsewhere);
  }

  /// Puts a link in the place of a file or folder, to `content` outside.
  void link_out(const fs::path& path, const std::string& content) {
    const auto target = elsewhere / ("copy-" + path.filename().string());
    fs::remove_all(path);
    fs::create_directories(path.parent_path());
    put_file(target, content);
    fs::create_symlink(target, path);
  }

  static std::string page(const fs::path& folder) { return read_file(folder / "report.html"); }

  static bool says(const Report& report, const std::string& file) {
    for (const auto& gap : report.gaps)
      if (gap.starts_with(file + ": is left out: a symbolic link leads out of")) return true;
    return false;
  }
};

std::string secret_json(const Json& value) {
  auto text = value.dump();
  return text.substr(0, text.size() - 1) + ", \"key\": \"" + kSecret + "\"}";
}

TEST_F(Links, OutOfARunAreLeftOutAndSaid) {
  link_out(run / "log.txt", std::string("phase ") + kSecret + "\n");
  link_out(run / "metrics.jsonl", std::string("{\"epoch\": 1, \"step\": 1, \"train/") + kSecret + "\": 2}\n");
  for (const auto* file :
       {"status.json", "evaluation.json", "environment.json", "config.json", "summary/summary.json"})
    link_out(run / file, secret_json(run_record()[file]));
  const auto report = write_report(run);
  EXPECT_EQ(page(run).find(kSecret), std::string::npos);
  for (const auto* file : {"log.txt", "metrics.jsonl", "status.json", "evaluation.json", "environment.json",
                           "config.json", "summary/summary.json"})
    EXPECT_TRUE(says(report, file)) << file;
}

TEST_F(Links, OfPicturesAndTheirFoldersAreLeftOutAndSaid) {
  auto other = encode_png({.width = 4, .height = 1, .channels = 1, .pixels = {9, 8, 7, 6}});
  link_out(run / "summary/inputs.png", other);
  link_out(run / "images/codes-0001.png", other);
  auto report = write_report(run);
  EXPECT_TRUE(says(report, "summary/inputs.png"));
  EXPECT_TRUE(says(report, "images/codes-0001.png"));
  EXPECT_EQ(page(run).find("\"width\":4"), std::string::npos);

  for (const auto* folder : {"images", "summary"}) {
    fs::create_directories(elsewhere / folder);
    put_file(elsewhere / folder / "secret-0001.png", other);
    put_json(elsewhere / folder / "summary.json", {{"part", kSecret}});
    fs::remove_all(run / folder);
    fs::create_directory_symlink(elsewhere / folder, run / folder);
  }
  report = write_report(run);
  EXPECT_TRUE(says(report, "images"));
  EXPECT_TRUE(says(report, "summary/summary.json"));
  for (const std::string text : {"secret", "\"width\":4"}) EXPECT_EQ(page(run).find(text), std::string::npos);
}

TEST_F(Links, WithinTheFolderAreFollowedAndTheFolderMayBeALinkItself) {
  fs::rename(run / "log.txt", run / "summary/log.txt");
  fs::create_symlink("summary/log.txt", run / "log.txt");
  fs::create_directory_symlink(run, temporary / "link");
  const auto report = write_report(temporary / "link");
  EXPECT_TRUE(report.gaps.empty()) << report.gaps.front();
  EXPECT_SAYS(page(run), "phase \\\"train\\\" begins");
}

TEST_F(Links, OfAComparisonsRunsAreLeftOutAndSaid) {
  const auto comparison = temporary / "which", outside = elsewhere / "run";
  put_comparison(comparison);
  auto secret = run_record("dense");
  secret["config.json"]["model"]["expanded"][kSecret] = 1;
  secret["metrics.jsonl"][0][std::string("train/") + kSecret] = 1.5;
  put_run(outside, secret);
  fs::remove_all(comparison / "runs/dense/seed-1");
  fs::create_directory_symlink(outside, comparison / "runs/dense/seed-1");
  link_out(comparison / "runs/sparse/seed-2/log.txt", kSecret);
  link_out(comparison / "runs/sparse/seed-2/metrics.jsonl",
           std::string("{\"epoch\": 1, \"step\": 1, \"train/") + kSecret + "\": 2}\n");
  const auto report = write_report(comparison);
  EXPECT_TRUE(says(report, "runs/dense/seed-1"));
  EXPECT_TRUE(says(report, "runs/sparse/seed-2/metrics.jsonl"));
  EXPECT_TRUE(says(report, "runs/sparse/seed-2/log.txt")) << "of the run's own page";
  for (const auto& folder : {comparison, comparison / "runs/sparse/seed-2"})
    EXPECT_EQ(page(folder).find(kSecret), std::string::npos) << folder;
  EXPECT_FALSE(fs::exists(outside / "report.html")) << "and nothing is written there";
}

TEST_F(Links, BelowAnIndexAreLeftOutAndSaid) {
  link_out(run / "config.json", secret_json(run_record()["config.json"]));
  link_out(run / "evaluation.json", secret_json({{"metrics", {{kSecret, 1}}}}));
  const auto report = write_report(temporary / "runs");
  EXPECT_TRUE(says(report, "small/1/config.json"));
  EXPECT_EQ(page(temporary / "runs").find(kSecret), std::string::npos);
  EXPECT_EQ(page(run).find(kSecret), std::string::npos);
}

TEST_F(Links, ThatLeadNowhereOrInCirclesAreMissing) {
  fs::remove(run / "log.txt");
  fs::create_symlink("log.txt", run / "log.txt");
  fs::remove(run / "metrics.jsonl");
  fs::create_symlink(elsewhere / "nothing", run / "metrics.jsonl");
  const auto report = write_report(run);
  ASSERT_EQ(report.gaps.size(), 2u);
  for (const auto& gap : report.gaps) {
    EXPECT_SAYS(gap, "is missing");
    EXPECT_EQ(gap.find("filesystem error"), std::string::npos);
  }
}

}  // namespace
}  // namespace aelab
