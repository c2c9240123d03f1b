#include "aelab/data/windows.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <fstream>

#include "aelab/data/series.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// A table whose only column is a point's row, with times and groups.
Dataset table_of(const std::vector<double>& times, const std::vector<std::int64_t>& groups = {},
                 const std::vector<std::int64_t>& labels = {}, bool are_files = false) {
  const auto rows = static_cast<std::int64_t>(std::max(times.size(), groups.size()));
  auto series = std::make_shared<Series>();
  series->rows = at::arange(rows, at::kLong);
  if (!times.empty()) series->times = series->order = at::tensor(times, at::kDouble);
  if (!groups.empty()) series->groups = at::tensor(groups, at::kLong);
  series->group_names = {"a", "b", "c"};
  series->groups_are_files = are_files;
  return Dataset::from_tensors(at::arange(rows).unsqueeze(1).to(at::kFloat),
                               labels.empty() ? Tensor() : at::tensor(labels, at::kLong))
      .with_series(series);
}

std::vector<std::vector<double>> values_of_windows(const Dataset& windows) {
  std::vector<std::vector<double>> all;
  const auto inputs = windows.range(0, windows.size()).inputs.to(at::kDouble);
  for (std::int64_t i = 0; i < windows.size(); ++i) {
    all.emplace_back();
    for (std::int64_t j = 0; j < inputs.size(2); ++j) all.back().push_back(inputs[i][0][j].item<double>());
  }
  return all;
}

const ColumnTypes kOneChannel = {{.name = "x"}};

struct CutWindows {
  WindowCounts counts = {};
  Dataset rows;
  CutWindows(const Dataset& table, const WindowRules& rules)
      : rows(windows_of(table, kOneChannel, rules, counts)) {}
};

using WindowValues = std::vector<std::vector<double>>;

TEST(WindowsOfSeries, FollowTimeWithinEachGroup) {
  const auto table = table_of({3, 1, 2, 10, 4, 30, 20, 40}, {0, 0, 0, 1, 0, 1, 1, 1});
  const CutWindows cut(table, {.length = 3});
  EXPECT_EQ(values_of_windows(cut.rows), (WindowValues{{1, 2, 0}, {2, 0, 4}, {3, 6, 5}, {6, 5, 7}}));
  EXPECT_EQ(cut.counts.series, 2);
  EXPECT_EQ(cut.counts.left_out, 0);
  const auto series = cut.rows.series();
  EXPECT_TRUE(at::equal(series->rows, at::tensor({1, 2, 0, 4, 3, 6, 5, 7}, at::kLong)));
  EXPECT_TRUE(at::equal(cut.rows.spans(), at::tensor({0, 3, 1, 3, 4, 3, 5, 3}, at::kLong).view({4, 2})));
}

TEST(WindowsOfSeries, HaveNoGap) {
  // Steps of 1, and of 1.5, which is no gap; 1.6 is one.
  const auto table = table_of({0, 1, 2, 3.5, 4.5, 6.1, 7.1, 8.1});
  const CutWindows cut(table, {.length = 3});
  EXPECT_EQ(values_of_windows(cut.rows), (WindowValues{{0, 1, 2}, {1, 2, 3}, {2, 3, 4}, {5, 6, 7}}));
  EXPECT_EQ(cut.counts.gaps, 1);
  const CutWindows whole(table, {.length = 3, .gap = 1.6});
  EXPECT_EQ(whole.rows.size(), 6);
  const CutWindows none(table, {.length = 6});
  EXPECT_EQ(none.rows.size(), 0);
  EXPECT_EQ(none.counts.longest, 5);
}

TEST(WindowsOfSeries, ArePaddedWhereTheyReachBeyondTheEnd) {
  const auto table = table_of({0, 1, 2, 3, 4, 5, 6, 100, 101}, {0, 0, 0, 0, 0, 0, 0, 1, 1});
  const CutWindows left(table, {.length = 3, .stride = 2});
  EXPECT_EQ(values_of_windows(left.rows), (WindowValues{{0, 1, 2}, {2, 3, 4}, {4, 5, 6}}));
  EXPECT_EQ(left.counts.left_out, 2);
  EXPECT_FALSE(left.rows.has_missing());
  const CutWindows padded(table, {.length = 4, .stride = 2, .padding = true});
  const auto values = padded.rows.range(0, padded.rows.size()).inputs.squeeze(1).to(at::kDouble);
  const auto expected =
      at::tensor({0., 1., 2., 3., 2., 3., 4., 5., 4., 5., 6., kNaN, 7., 8., kNaN, kNaN}, at::kDouble)
          .view({4, 4});
  EXPECT_TRUE(at::allclose(values, expected, 0, 0, /*equal_nan=*/true));
  EXPECT_EQ(padded.counts.left_out, 0);
  EXPECT_TRUE(padded.rows.has_missing());
  EXPECT_TRUE(at::equal(padded.rows.spans().select(1, 1), at::tensor({4, 4, 3, 2}, at::kLong)));
}

TEST(WindowsOfSeries, HaveTheLargestLabelOfTheirPoints) {
  const CutWindows cut(table_of({0, 1, 2, 3, 4, 5}, {}, {0, 0, 1, 0, 0, 0}), {.length = 2});
  EXPECT_TRUE(at::equal(cut.rows.labels(), at::tensor({0, 1, 1, 0, 0}, at::kLong)));
  EXPECT_TRUE(at::equal(cut.rows.gather(at::tensor({2, 0})).labels, at::tensor({1, 0}, at::kLong)));
}

TEST(WindowsOfSeries, TakeTheOrderOfRowsWithoutTimes) {
  const CutWindows cut(table_of({}, {0, 1, 0, 1, 0, 1, 0, 1}), {.length = 3});
  EXPECT_EQ(values_of_windows(cut.rows), (WindowValues{{0, 2, 4}, {2, 4, 6}, {1, 3, 5}, {3, 5, 7}}));
  const auto share = at::tensor({.125, .375, .625, .875}, at::kDouble);
  EXPECT_TRUE(at::allclose(cut.rows.series()->order, at::cat({share, share})));
}

TEST(WindowsOfSeries, JoinFilesThatContinueOneAnother) {
  const std::vector<double> times = {6, 7, 8, 0, 1, 2, 3, 4, 5, 20, 21, 22, 2};
  const std::vector<std::int64_t> files = {0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2};
  const CutWindows cut(table_of({times.begin(), times.end() - 1}, {files.begin(), files.end() - 1}, {}, true),
                       {.length = 3});
  EXPECT_EQ(cut.counts.series, 2);
  EXPECT_EQ(cut.rows.size(), 8);  // of 9 points and of 3
  const CutWindows named(table_of({times.begin(), times.end() - 1}, {files.begin(), files.end() - 1}),
                         {.length = 3});
  EXPECT_EQ(named.counts.series, 3);
}

TEST(WindowsOfSeries, TakeTheMemoryOfTheirPoints) {
  constexpr std::int64_t kPoints = 1'000'000, kLength = 288;
  const auto memory = [] {
    std::ifstream status("/proc/self/status");
    std::string word;
    std::int64_t kilobytes = 0;
    while (status >> word)
      if (word == "VmRSS:") status >> kilobytes;
    return kilobytes / 1024;
  };
  const auto table = Dataset::from_tensors(at::rand({kPoints, 1}));
  const auto before = memory();
  const CutWindows cut(table, {.length = kLength});
  EXPECT_EQ(cut.rows.size(), kPoints - kLength + 1);
  const auto some = cut.rows.gather(at::tensor({7, 900'000}));
  EXPECT_TRUE(at::equal(some.inputs[1][0], table.range(900'000, 900'000 + kLength).inputs.flatten()));
  EXPECT_LT(memory() - before, 150) << "MiB, of 1,100 for all windows";
}

TEST(WindowsOfSeries, AreStandardizedByChannel) {
  // Channel 0 has the values 1, 2, 3, 4 in its windows once, twice, twice, once; of channel 1 one is missing.
  const auto table = Dataset::from_tensors(at::tensor({1., 10., 2., kNaN, 3., 30., 4., 50.}).view({4, 2}));
  WindowCounts counts;
  const auto windows = windows_of(table, {{.name = "x"}, {.name = "y"}}, {.length = 2}, counts);
  const Data data{.name = "windows", .train = windows, .test = windows};
  const auto split = data.split({.validation = 0});
  const auto y = split.train.range(0, 3).inputs.to(at::kDouble);
  const double deviation = std::sqrt((2 * 1.5 * 1.5 + 4 * 0.5 * 0.5) / 6);
  EXPECT_NEAR(y[0][0][0].item<double>(), (1 - 2.5) / deviation, 1e-5);
  EXPECT_NEAR(y[1][0][1].item<double>(), (3 - 2.5) / deviation, 1e-5);
  const double mean = (10 + 30 + 30 + 50) / 4., spread = std::sqrt(800 / 4.);
  EXPECT_NEAR(y[0][1][0].item<double>(), (10 - mean) / spread, 1e-5);
  EXPECT_NEAR(y[2][1][1].item<double>(), (50 - mean) / spread, 1e-5);
  EXPECT_TRUE(std::isnan(y[0][1][1].item<double>()));
  const auto back = split.transforms.front()->invert(split.train.range(0, 3).inputs, {2, 2});
  EXPECT_TRUE(at::allclose(back, windows.range(0, 3).inputs, 1e-5, 1e-5, /*equal_nan=*/true));
}

TEST(TimesInWords, AreThoseOfTheTable) {
  EXPECT_EQ(time_text(1396310400, true), "2014-04-01T00:00:00");
  EXPECT_EQ(time_text(1396310400.25, true), "2014-04-01T00:00:00.25");
  EXPECT_EQ(time_text(-1, true), "1969-12-31T23:59:59");
  EXPECT_EQ(time_text(-0.5, true), "1969-12-31T23:59:59.5");
  EXPECT_EQ(time_text(2.5, false), "2.5");
}

}  // namespace
}  // namespace aelab
