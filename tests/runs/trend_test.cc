#include "aelab/runs/trend.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/support.h"

namespace aelab {
namespace {

std::vector<double> decaying(std::size_t epochs, double rate) {
  std::vector<double> losses;
  for (std::size_t i = 0; i < epochs; ++i) losses.push_back(std::exp(-rate * static_cast<double>(i)));
  return losses;
}

TEST(ProjectedImprovement, ExtendsTheLastFifthOfTheEpochs) {
  // A loss of e^(-.1 i) shrinks by e^(-.1 k) over k epochs: 4 of 20, 5 of 21 (rounded up).
  EXPECT_NEAR(*projected_improvement(decaying(20, .1)), 1 - std::exp(-.4), 1e-12);
  EXPECT_NEAR(*projected_improvement(decaying(21, .1)), 1 - std::exp(-.5), 1e-12);
  auto losses = decaying(20, .1);
  for (std::size_t i = 0; i < 16; ++i) losses[i] = 7;  // before the last fifth nothing matters
  EXPECT_NEAR(*projected_improvement(losses), 1 - std::exp(-.4), 1e-12);
}

TEST(ProjectedImprovement, IsOfThreeEpochsAtLeast) {
  EXPECT_NEAR(*projected_improvement(decaying(3, .1)), 1 - std::exp(-.3), 1e-12);
  EXPECT_NEAR(*projected_improvement(decaying(15, .1)), 1 - std::exp(-.3), 1e-12);
  EXPECT_NEAR(*projected_improvement(decaying(16, .1)), 1 - std::exp(-.4), 1e-12);
  EXPECT_FALSE(projected_improvement(decaying(2, .1)));
  EXPECT_FALSE(projected_improvement(std::vector<double>()));
}

TEST(ProjectedImprovement, FollowsTheLeastSquaresSlope) {
  // ln 4, ln 2, ln 2 at -1, 0, 1: slope (ln 2 - ln 4) / 2 = -ln(2) / 2, over three epochs 2^(-3/2).
  EXPECT_NEAR(*projected_improvement(std::vector<double>{9, 4, 2, 2}), 1 - std::pow(2, -1.5), 1e-12);
  EXPECT_NEAR(*projected_improvement(std::vector<double>{2, 2, 4}), 1 - std::pow(2, 1.5), 1e-12)
      << "it got worse";
  EXPECT_EQ(*projected_improvement(std::vector<double>{2, 2, 2}), 0);
}

TEST(ProjectedImprovement, NeedsPositiveLosses) {
  for (const double bad : {0., -1., std::nan(""), std::numeric_limits<double>::infinity()}) {
    EXPECT_FALSE(projected_improvement(std::vector<double>{3, 2, bad})) << bad;
    EXPECT_TRUE(projected_improvement(std::vector<double>{bad, 3, 2, 1})) << bad;
  }
}

/// A run folder with these metrics.
struct RunFolder {
  TemporaryFolder folder;
  explicit RunFolder(const std::string& lines, const std::string& callbacks = "[]") {
    put_file(
        folder / "config.json", R"({"data": {"source": "digits"}, "model": {"variant": "dense", "code": 2},
      "callbacks": )" + callbacks + "}");
    put_file(folder / "metrics.jsonl", lines);
  }
  RunTrend trend() const { return read_trend(folder.path()); }
};

std::string epoch(const std::string& phase, const std::string& metrics) {
  return R"({"epoch": 1, "step": 1, "phase": ")" + phase + "\", " + metrics + "}\n";
}

TEST(RunTrendTest, IsOfTheMonitoredLossInTheLastPhase) {
  std::string lines;
  for (int i = 0; i < 20; ++i)  // a fifth of all epochs would reach into the first layer
    lines += epoch("layer 1", R"("validation/loss": )" + std::to_string(1000 - i));
  for (const auto* loss : {"4", "2", "2"})
    lines += epoch("fine-tuning", R"("train/loss": 1, "validation/loss": )" + std::string(loss));
  EXPECT_NEAR(*RunFolder(lines).trend().improvement, 1 - std::pow(2, -1.5), 1e-12);
  EXPECT_EQ(*RunFolder(lines, R"([{"kind": "checkpoint", "monitor": "train/loss"}])").trend().improvement, 0);
  // Of a metric that grows, 2 to 4 is half as far to go as 4 to 2 is for a loss.
  const auto growing = R"([{"kind": "checkpoint", "monitor": "own", "mode": "max"}])";
  lines.clear();
  for (const auto* value : {"2", "4", "4"}) lines += epoch("train", R"("own": )" + std::string(value));
  EXPECT_NEAR(*RunFolder(lines, growing).trend().improvement, 1 - std::pow(2, -1.5), 1e-12);
}

TEST(RunTrendTest, WithoutValidationIsOfTheTrainingLoss) {
  std::string lines;
  for (const auto* loss : {"4", "2", "2"}) lines += epoch("train", R"("train/loss": )" + std::string(loss));
  EXPECT_NEAR(*RunFolder(lines).trend().improvement, 1 - std::pow(2, -1.5), 1e-12);
}

TEST(RunTrendTest, OfAClosedFormOrWithoutALogIsAbsent) {
  EXPECT_FALSE(RunFolder(epoch("solve", R"("validation/loss": 2)")).trend().improvement);
  EXPECT_FALSE(RunFolder("").trend().improvement);
  const TemporaryFolder empty;
  EXPECT_FALSE(read_trend(empty.path()).improvement);
}

TEST(RunTrendTest, SaysThatARunEndedInNaN) {
  const auto good = epoch("train", R"("train/loss": 3, "validation/loss": 2)");
  EXPECT_EQ(RunFolder(good + good).trend().diverged, "");
  EXPECT_EQ(RunFolder(good + epoch("train", R"("train/loss": null, "validation/loss": 2)")).trend().diverged,
            "train/loss");
  EXPECT_EQ(
      RunFolder(good + epoch("train", R"("train/loss": null, "validation/loss": null)")).trend().diverged,
      "validation/loss");
  EXPECT_EQ(RunFolder(epoch("train", R"("train/loss": null)") + good).trend().diverged, "") << "it recovered";
}

}  // namespace
}  // namespace aelab
