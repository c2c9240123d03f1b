#include "aelab/evaluation/point_scores.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <map>

#include "aelab/data/windows.h"
#include "aelab/evaluation/detector.h"
#include "aelab/evaluation/scores/mahalanobis_score.h"
#include "aelab/evaluation/scores/reconstruction_score.h"
#include "aelab/models/dense.h"
#include "aelab/nn/convolutional_1d_backbone.h"
#include "aelab/nn/recurrent_backbone.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

constexpr std::int64_t kChannels = 2, kLength = 5;

Dataset some_windows(std::int64_t points, std::int64_t stride, bool padding = false, std::int64_t seed = 0) {
  auto random = fixed_generator(seed);
  WindowCounts counts;
  return windows_of(Dataset::from_tensors(at::randn({points, kChannels}, random)),
                    {{.name = "x"}, {.name = "y"}}, {.length = kLength, .stride = stride, .padding = padding},
                    counts);
}

TEST(PointScoresOfWindows, AreMeansOfWhatPointsAddToTheirWindows) {
  const auto windows = some_windows(23, 2, /*padding=*/true);
  auto random = fixed_generator(2);
  const auto amounts = at::rand({windows.size(), kChannels * kLength}, random, at::kDouble);
  PointScores scores(windows.series(), windows.shape());
  const auto spans = windows.spans();
  scores.add(spans.slice(0, 0, 4), {amounts.slice(0, 0, 4).sum(1), amounts.slice(0, 0, 4)});
  scores.add(spans.slice(0, 4), {amounts.slice(0, 4).sum(1), amounts.slice(0, 4)});
  std::map<std::int64_t, std::vector<double>> of_point;
  std::map<std::int64_t, double> second_channel;
  for (std::int64_t i = 0; i < windows.size(); ++i)
    for (std::int64_t j = 0; j < spans[i][1].item<std::int64_t>(); ++j) {
      const auto point = spans[i][0].item<std::int64_t>() + j;
      const double second = amounts[i][kLength + j].item<double>();
      of_point[point].push_back(amounts[i][j].item<double>() + second);
      second_channel[point] += second;
    }
  const auto points = scores.points();
  const auto scored = scores.scored();
  ASSERT_EQ(points.size(0), 23);
  for (std::int64_t i = 0; i < 23; ++i) {
    const auto& own = of_point.at(points[i].item<std::int64_t>());
    double mean = 0;
    for (const double value : own) mean += value / static_cast<double>(own.size());
    EXPECT_NEAR(scored.scores[i].item<double>(), mean, 1e-12);
    EXPECT_NEAR(scored.contributions[i][1].item<double>(),
                second_channel.at(points[i].item<std::int64_t>()) / static_cast<double>(own.size()), 1e-12);
  }
}

TEST(PointScoresOfWindows, AreMeansOfScoresThatAreNoSums) {
  const auto windows = some_windows(8, 3);  // of points 0 to 4 and 3 to 7
  PointScores scores(windows.series(), windows.shape());
  scores.add(windows.spans(), {at::tensor({1., 5.}, at::kDouble)});
  const auto scored = scores.scored();
  EXPECT_TRUE(at::equal(scored.scores, at::tensor({1., 1., 1., 3., 3., 5., 5., 5.}, at::kDouble)));
  EXPECT_FALSE(scored.contributions.defined());
}

TEST(IntervalsOfPoints, EndAtGapsAndAtNormalPoints) {
  Series series;
  series.pieces = at::tensor({0, 0, 0, 0, 1, 1, 1, 1}, at::kLong);
  const auto points = at::tensor({0, 1, 2, 3, 4, 5, 7}, at::kLong);
  const ScoredRows scored{at::tensor({9., 1., 4., 8., 5., 6., 7.}, at::kDouble),
                          at::ones({7, 2}, at::kDouble)};
  const auto intervals = intervals_of(points, scored, scored.scores > 3, series);
  ASSERT_EQ(intervals.size(), 4);
  const auto is = [&](std::size_t i, std::int64_t begin, std::int64_t end, double peak) {
    const auto& found = intervals[i];
    EXPECT_EQ(found.begin, begin);
    EXPECT_EQ(found.end, end);
    EXPECT_EQ(found.points, end - begin + 1);
    EXPECT_EQ(found.peak, peak);
    EXPECT_EQ(found.contributions[0].item<double>(), static_cast<double>(found.points));
  };
  is(0, 0, 0, 9);
  is(1, 2, 3, 8);
  is(2, 4, 5, 6);
  is(3, 7, 7, 7);  // point 6 has no score
}

Choice<Backbone> convolutions() {
  return Convolutional1dBackbone::Config{.layers = {{.channels = 4, .kernel = 3}}};
}
Choice<Backbone> recurrent() { return RecurrentBackbone::Config{.hidden = {4}}; }

Dense model_of(const Split& split, const Choice<Backbone>& backbone) {
  Dense model(Dense::Config{.base = {.code = 3, .backbone = backbone}}, Context(split, 1));
  model.eval();
  return model;
}

TEST(DetectorsOfWindows, ChooseThresholdsByPoints) {
  Data data{.name = "windows", .train = some_windows(200, 1)};
  const auto split = data.split({.validation = 0.2, .test = 0.2});
  const auto model = model_of(split, convolutions());
  for (const Choice<AnomalyScore>& score : {Choice<AnomalyScore>(ReconstructionScore::Config{}),
                                            Choice<AnomalyScore>(MahalanobisScore::Config{})}) {
    const auto detector = fit_detector(model, split, score);
    EXPECT_TRUE(detector.of_points);
    PointScores points(split.train.series(), split.train.shape());
    score_points(*detector.score, model, split.validation, points);
    EXPECT_TRUE(at::allclose(detector.validation, std::get<0>(points.scored().scores.sort()), 1e-9, 1e-12));
    EXPECT_GT(detector.training.numel(), split.train.size());  // points that only few windows have count, too
    EXPECT_NE(detector.threshold({}).rule.find("validation points have higher scores"), std::string::npos);
  }
}

/// The scores of a short series that is padded, alone and with other series around it.
TEST(PaddedWindows, HaveTheSameScoresWhateverIsAroundThem) {
  Data data{.name = "windows", .train = some_windows(200, 2, /*padding=*/true)};
  data.test = some_windows(3, 1, /*padding=*/true, 5);
  const auto split = data.split({.validation = 0.2});
  for (const auto& backbone : {convolutions(), recurrent()}) {
    const auto model = model_of(split, backbone);
    ASSERT_TRUE(model.takes_missing());
    const auto detector = fit_detector(model, split, ReconstructionScore::Config{});
    const auto scores_of = [&](const Dataset& windows) {
      PointScores points(windows.series(), windows.shape());
      score_points(*detector.score, model, transformed(windows, split.transforms), points);
      return points.scored().scores;
    };
    auto random = fixed_generator(5);
    const auto values = at::randn({3, kChannels}, random);  // those of the test rows
    const auto alone = scores_of(*data.test);
    ASSERT_EQ(alone.size(0), 3);
    EXPECT_GT(alone.min().item<double>(), 0);
    for (const std::int64_t others : {1, 2, 7, 40, 400}) {
      auto series = std::make_shared<Series>();
      series->rows = at::arange(3 + others, at::kLong);
      series->groups = (series->rows >= 3).to(at::kLong);
      series->group_names = {"short", "other"};
      WindowCounts counts;
      const auto both =
          windows_of(Dataset::from_tensors(at::cat({values, 100 * at::randn({others, kChannels}, random)}))
                         .with_series(series),
                     {{.name = "x"}, {.name = "y"}}, {.length = kLength, .padding = true}, counts);
      EXPECT_TRUE(same_bits(scores_of(both).slice(0, 0, 3), alone)) << others << " points of another series";
    }
  }
}

/// Loss and gradient are those of the points that are there.
TEST(PaddedWindows, HaveNoLossAndNoGradientBeyondTheirEnd) {
  Data data{.name = "windows", .train = some_windows(40, 1, /*padding=*/true)};
  auto batch = data.train.range(0, 8);
  batch.inputs[2].slice(1, 3).fill_(std::numeric_limits<double>::quiet_NaN());
  const auto split = data.split({.validation = 0.2});
  auto model = model_of(split, convolutions());
  const auto output = at::randn({8, kChannels, kLength}).requires_grad_();
  const auto cost = model.parts().likelihood.negative_log(output, batch.inputs);
  cost.sum().backward();
  const auto gradient = output.grad();
  EXPECT_EQ(gradient[2].slice(1, 3).abs().max().item<double>(), 0);
  EXPECT_GT(gradient[2].slice(1, 0, 3).abs().min().item<double>(), 0);
  const double known = kChannels * 3;
  const auto squares = (output - batch.inputs)[2].slice(1, 0, 3).square().sum().item<double>();
  EXPECT_NEAR(cost[2].item<double>(), 0.5 * squares + known * 0.5 * std::log(2 * M_PI), 1e-4);
}

}  // namespace
}  // namespace aelab
