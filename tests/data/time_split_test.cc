#include "aelab/data/time_split.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "aelab/core/error.h"
#include "aelab/data/series.h"
#include "aelab/data/split.h"
#include "aelab/data/windows.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

Data timed_rows(const Tensor& times, const Tensor& groups = {}) {
  auto series = std::make_shared<Series>();
  series->rows = at::arange(times.size(0), at::kLong);
  series->times = series->order = times.to(at::kDouble);
  series->groups = groups;
  if (groups.defined()) series->group_names = {"a", "b", "c"};
  const auto inputs = at::stack({times.to(at::kFloat), times.to(at::kFloat)}, 1);
  return {.name = "timed", .train = Dataset::from_tensors(inputs).with_series(series)};
}

std::set<std::int64_t> points_in(const Dataset& part) {
  std::set<std::int64_t> points;
  const auto spans = part.spans();
  for (std::int64_t i = 0; i < part.size(); ++i)
    for (std::int64_t j = 0; j < spans[i][1].item<std::int64_t>(); ++j)
      points.insert(spans[i][0].item<std::int64_t>() + j);
  return points;
}

/// The first and the last time of a part's points.
std::pair<double, double> times_in(const Dataset& part) {
  const auto& order = part.series()->order;
  double least = 1e300, most = -1e300;
  for (const auto point : points_in(part)) {
    least = std::min(least, order[point].item<double>());
    most = std::max(most, order[point].item<double>());
  }
  return {least, most};
}

TEST(SplitByTime, IsTheDefaultOfRowsWithTimesAlone) {
  const auto data = timed_rows(at::tensor({5, 1, 4, 2, 3, 9, 8, 6, 7, 10}));
  EXPECT_EQ(data.completed({}).by, SplitBy::time);
  EXPECT_EQ(data.completed({.by = SplitBy::random}).by, SplitBy::random);
  const auto split = data.split({.validation = 2, .test = 3});
  EXPECT_TRUE(split.by_time);
  EXPECT_EQ(times_in(split.train), std::pair(1., 5.));
  EXPECT_EQ(times_in(split.validation), std::pair(6., 7.));
  EXPECT_EQ(times_in(split.test), std::pair(8., 10.));
  const Data plain{.name = "plain", .train = Dataset::from_tensors(at::rand({10, 2}))};
  EXPECT_EQ(plain.completed({}).by, std::nullopt);
  EXPECT_FALSE(plain.split({}).by_time);
}

TEST(SplitByTime, KeepsRowsOfOneTimeTogether) {
  const auto data = timed_rows(at::tensor({1, 1, 2, 2, 2, 3, 3, 3, 4}));
  const auto split =
      data.split({.validation = 4, .test = 2});  // 3 is the border of the test, and 2 that of validation
  EXPECT_EQ(times_in(split.test), std::pair(4., 4.));
  EXPECT_EQ(times_in(split.validation), std::pair(3., 3.));
  EXPECT_EQ(times_in(split.train), std::pair(1., 2.));
  EXPECT_EQ(split.train.size(), 5);
  const auto said = [&](const SplitConfig& config) -> std::string {
    try {
      (void)timed_rows(at::ones({8})).split(config);
    } catch (const Error& error) {
      return error.what();
    }
    return "nothing";
  };
  EXPECT_NE(said({.validation = 0, .test = 2}).find("test: gets no rows"), std::string::npos);
  EXPECT_NE(said({.stratified = true, .by = SplitBy::time}).find("conflicts with a split by time"),
            std::string::npos);
}

TEST(SplitByTime, TrainsOnTheRowsJustBeforeTheOthers) {
  const auto split = timed_rows(at::arange(100)).split({.validation = 10, .train = 20, .test = 0.2});
  EXPECT_EQ(times_in(split.train), std::pair(50., 69.));
  EXPECT_EQ(times_in(split.validation), std::pair(70., 79.));
  EXPECT_EQ(split.crossing, 0);
}

/// Whatever the times: with ties, groups and gaps, in any order.
TEST(SplitByTime, NeverLetsWindowsCrossABorder) {
  for (std::int64_t seed = 0; seed < 20; ++seed) {
    auto random = fixed_generator(seed);
    const auto times = at::randint(60, {150}, random, at::kDouble) / (seed % 2 ? 1 : 7);
    const auto groups = at::randint(3, {150}, random, at::kLong);
    auto data = timed_rows(times, seed % 3 ? groups : Tensor());
    WindowCounts counts;
    data.train =
        windows_of(data.train, {{.name = "x"}, {.name = "y"}},
                   {.length = 4, .stride = 1 + seed % 3, .gap = 9., .padding = seed % 4 == 0}, counts);
    const auto split = data.split({.validation = 0.2, .test = 0.2, .transforms = {}});
    ASSERT_GT(split.train.size(), 0);
    EXPECT_LT(times_in(split.train).second, times_in(split.validation).first);
    EXPECT_LT(times_in(split.validation).second, times_in(split.test).first);
    const auto kept = split.train.size() + split.validation.size() + split.test.size();
    EXPECT_EQ(kept + split.crossing, data.train.size());
    const auto train = points_in(split.train), validation = points_in(split.validation),
               test = points_in(split.test);
    for (const auto point : validation) EXPECT_FALSE(train.contains(point) || test.contains(point));
    for (const auto point : test) EXPECT_FALSE(train.contains(point));
  }
}

TEST(SplitByTime, OfWindowsWithoutTimesIsAtTheSameShareOfEverySeries) {
  auto series = std::make_shared<Series>();
  const auto groups = at::cat({at::zeros({100}, at::kLong), at::ones({40}, at::kLong)});
  series->rows = at::arange(140, at::kLong);
  series->groups = groups;
  series->group_names = {"a", "b"};
  Data data{.name = "two", .train = Dataset::from_tensors(at::rand({140, 1})).with_series(series)};
  WindowCounts counts;
  data.train = windows_of(data.train, {{.name = "x"}}, {.length = 3}, counts);
  const auto split = data.split({.validation = 0, .test = 0.25});
  EXPECT_TRUE(split.by_time);
  const auto share = [&](const Dataset& part, std::int64_t group) {
    double count = 0;
    for (const auto point : points_in(part)) count += groups[point].item<std::int64_t>() == group ? 1 : 0;
    return count / (group == 0 ? 100 : 40);
  };
  EXPECT_NEAR(share(split.test, 0), share(split.test, 1), 0.03);
  EXPECT_NEAR(share(split.test, 0), 0.25, 0.05);
}

}  // namespace
}  // namespace aelab
