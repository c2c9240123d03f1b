#include "aelab/training/monitor.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/training/models.h"

namespace aelab {
namespace {

/// What a monitor says of a metric that takes these values, epoch by epoch.
std::vector<bool> verdicts(Monitor& monitor, const std::vector<double>& values) {
  const auto data = few_digits(8);
  const auto model = small_dense();
  Training training(*model, data, {});
  std::vector<bool> improved;
  for (const double value : values) {
    ++training.progress.phase_epoch;
    training.metrics = {{"train/loss", -1}, {"validation/loss", value}};
    improved.push_back(monitor.improved(training));
  }
  return improved;
}

constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();
using Verdicts = std::vector<bool>;

TEST(Monitor, KeepsTheBest) {
  Monitor least({}), most({.mode = Mode::max}), patient({.min_delta = 0.5});
  EXPECT_EQ(verdicts(least, {3, 3, 2, 2.5, 1}), (Verdicts{true, false, true, false, true}));
  EXPECT_EQ(least.best(), 1);
  EXPECT_EQ(verdicts(most, {3, 3, 2, 3.5}), (Verdicts{true, false, false, true}));
  EXPECT_EQ(verdicts(patient, {3, 2.5, 2.4, 2, 1.8}), (Verdicts{true, false, true, false, true}));
}

TEST(Monitor, NeverTakesWhatIsNotFiniteForBetter) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Monitor high({.mode = Mode::max});
  EXPECT_EQ(verdicts(high, {1, kInfinity, 2}), (Verdicts{true, false, true}));
  for (const auto mode : {Mode::min, Mode::max}) {
    Monitor monitor({.mode = mode});
    EXPECT_EQ(verdicts(monitor, {kNotANumber, 1, kNotANumber, 1}), (Verdicts{false, true, false, false}));
    EXPECT_EQ(monitor.best(), 1);
  }
}

TEST(Monitor, CountsNoEpochOfItsWarmUp) {
  Monitor late({.warmup = 2});
  EXPECT_EQ(verdicts(late, {1, 2, 9, 8}), (Verdicts{false, false, true, true}));
  EXPECT_EQ(late.best(), 8);
}

TEST(Monitor, WatchesWhatItIsToldTo) {
  Monitor train({.monitor = "train/loss"}), missing({.monitor = "train/l1"});
  EXPECT_EQ(verdicts(train, {3, 2}), (Verdicts{true, false}));
  EXPECT_EQ(train.best(), -1);
  EXPECT_EQ(verdicts(missing, {3, 2}), (Verdicts{false, false}));
  EXPECT_EQ(missing.best(), std::nullopt);
}

TEST(Monitor, RemembersWhatItSaved) {
  Monitor monitor({}), other({}), fresh({});
  verdicts(monitor, {0.1});
  other.load(monitor.save());
  EXPECT_EQ(other.best(), monitor.best());
  other.load(fresh.save());
  EXPECT_EQ(other.best(), std::nullopt);
}

TEST(Averages, SurviveTheirJson) {
  Averages averages, other;
  Terms terms;
  terms.add("reconstruction", at::tensor(1.0 / 3));
  terms.add("l1", at::tensor({1.0f, 2.0f}), 0.1);
  averages.add(terms, terms.total(), 5);
  averages.add(terms, terms.total(), 2);
  other.load(nlohmann::json::parse(averages.save().dump()));
  EXPECT_EQ(other.means("train/"), averages.means("train/"));
  EXPECT_NEAR(averages.loss(), 1.0 / 3 + 0.1 * 1.5, 1e-7);

  Terms broken;
  broken.add("reconstruction", at::tensor(std::numeric_limits<float>::infinity()));
  broken.add("l1", at::tensor(std::numeric_limits<float>::quiet_NaN()));
  averages.add(broken, broken.total(), 1);
  other.load(nlohmann::json::parse(averages.save().dump()));
  EXPECT_EQ(find(other.means("train/"), "train/reconstruction"), std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(*find(other.means("train/"), "train/l1")));
}

}  // namespace
}  // namespace aelab
