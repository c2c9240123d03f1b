#include "aelab/core/schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "aelab/core/config.h"
#include "tests/support.h"

namespace aelab {
namespace {

TEST(Schedules, ReachTheirEndsAsTheirFormulasSay) {
  const Schedule linear = LinearSchedule::Config{.from = 1, .to = 3, .over = 5.0};
  EXPECT_DOUBLE_EQ(linear.at(0, 100), 1);
  EXPECT_DOUBLE_EQ(linear.at(2, 100), 2);  // the middle of five steps
  EXPECT_DOUBLE_EQ(linear.at(4, 100), 3);
  EXPECT_DOUBLE_EQ(linear.at(99, 100), 3);
  const Schedule step = StepSchedule::Config{.value = 8, .factor = 0.5, .every = 0.25};
  for (const auto& [at, value] : {std::pair(0, 8.0), {24, 8.0}, {25, 4.0}, {50, 2.0}, {99, 1.0}})
    EXPECT_DOUBLE_EQ(step.at(at, 100), value) << at;
  const Schedule milestones =
      StepSchedule::Config{.value = 8, .factor = 0.5, .milestones = {0.1, 30, 30, 90}};
  for (const auto& [at, value] :
       {std::pair(0, 8.0), {9, 8.0}, {10, 4.0}, {29, 4.0}, {30, 1.0}, {89, 1.0}, {90, 0.5}, {99, 0.5}})
    EXPECT_DOUBLE_EQ(milestones.at(at, 100), value) << at;
  const Schedule exponential = ExponentialSchedule::Config{.from = 1, .to = 1e-4};
  EXPECT_NEAR(exponential.at(0, 5), 1, 1e-15);
  EXPECT_NEAR(exponential.at(2, 5), 1e-2, 1e-15);  // half way in five steps
  EXPECT_NEAR(exponential.at(4, 5), 1e-4, 1e-15);
}

TEST(Schedules, CosineWarmsUpAndRestarts) {
  const Schedule cosine = CosineSchedule::Config{.from = 1, .to = 0, .warmup = 4, .restarts = 1};
  // Four steps up, then two periods of five: 24 steps would give periods of ten.
  for (const auto& [at, value] :
       {std::pair(0, 0.25), {3, 1.0}, {4, 1.0}, {6, 0.5}, {8, 0.0}, {9, 1.0}, {13, 0.0}})
    EXPECT_NEAR(cosine.at(at, 14), value, 1e-15) << at;
}

/// The periods of a cosine schedule: each begins where the value rises, and ends at `to`.
std::vector<std::int64_t> periods_of(std::int64_t restarts, std::int64_t steps, double warmup = 0) {
  const Schedule cosine =
      CosineSchedule::Config{.from = 1, .to = 0.25, .warmup = warmup, .restarts = restarts};
  std::vector<std::int64_t> lengths;
  for (auto step = static_cast<std::int64_t>(warmup); step < steps; ++step) {
    const bool first =
        step == static_cast<std::int64_t>(warmup) || cosine.at(step, steps) > cosine.at(step - 1, steps);
    if (first) lengths.push_back(0);
    ++lengths.back();
    const bool last = step + 1 == steps || cosine.at(step + 1, steps) > cosine.at(step, steps);
    if (last) {
      EXPECT_NEAR(cosine.at(step, steps), 0.25, 1e-12) << step << " of " << steps;
    } else if (first) {
      EXPECT_NEAR(cosine.at(step, steps), 1, 1e-12) << step;
    }
  }
  return lengths;
}

TEST(Schedules, PeriodsOfACosineAreEqualUpToAStepAndTheLastEndsAtItsEnd) {
  EXPECT_EQ(periods_of(4, 21), (std::vector<std::int64_t>{5, 4, 4, 4, 4}));
  EXPECT_EQ(periods_of(4, 12), (std::vector<std::int64_t>{3, 2, 3, 2, 2}));
  EXPECT_EQ(periods_of(2, 100, 10).size(), 3u);
  for (std::int64_t restarts = 0; restarts < 6; ++restarts)
    for (auto steps = 2 * (restarts + 1); steps < 60; ++steps) {
      const auto lengths = periods_of(restarts, steps);
      ASSERT_EQ(lengths.size(), static_cast<std::size_t>(restarts + 1)) << restarts << " in " << steps;
      EXPECT_LE(*std::max_element(lengths.begin(), lengths.end()),
                *std::min_element(lengths.begin(), lengths.end()) + 1);
    }
}

TEST(Schedules, AmountsAreStepsOrFractionsBelowOneToTheNearestStep) {
  // .55 of 10 steps are 6 (5.5, halves up), 1 is one step.
  const Schedule half = LinearSchedule::Config{.from = 0, .to = 1, .over = 0.55};
  EXPECT_DOUBLE_EQ(half.at(1, 10), 0.2);
  EXPECT_DOUBLE_EQ(half.at(4, 10), 0.8);
  EXPECT_DOUBLE_EQ(half.at(5, 10), 1);
  const Schedule step = StepSchedule::Config{.value = 1, .factor = 0.5, .every = 1};
  EXPECT_DOUBLE_EQ(step.at(3, 10), 0.125);
  const Schedule once = LinearSchedule::Config{.from = 0, .to = 1, .over = 1};
  EXPECT_DOUBLE_EQ(once.at(0, 10), 1);
}

TEST(Schedules, ACosineStaysAtItsEndBeyondThePhase) {
  const Schedule cosine = CosineSchedule::Config{.from = 1, .to = 0.2, .warmup = 2, .restarts = 1};
  for (const std::int64_t beyond : {10, 11, 15, 99}) EXPECT_NEAR(cosine.at(beyond, 10), 0.2, 1e-12) << beyond;
}

TEST(Schedules, SayHowLongTheyTake) {
  const auto length = [](const Schedule& schedule, std::int64_t steps) {
    return schedule.make()->length(steps);
  };
  EXPECT_EQ(length(LinearSchedule::Config{.over = 500.0}, 100), 500);
  EXPECT_EQ(length(LinearSchedule::Config{.over = 0.5}, 100), 50);
  EXPECT_GT(length(StepSchedule::Config{.every = 100}, 100), 100);  // would never step
  EXPECT_LE(length(StepSchedule::Config{.every = 99}, 100), 100);
  EXPECT_GT(length(StepSchedule::Config{.milestones = {5, 100}}, 100), 100);
  EXPECT_LE(length(StepSchedule::Config{.milestones = {5, 99}}, 100), 100);
  EXPECT_GT(length(CosineSchedule::Config{.warmup = 100}, 100), 100);
}

TEST(Schedules, ConstantStaysAndCosineFallsAlongHalfAWave) {
  const Schedule constant = 0.3, cosine = CosineSchedule::Config{.from = 1, .to = 0.2};
  for (const std::int64_t step : {0, 3, 10}) EXPECT_EQ(constant.at(step, 11), 0.3);
  EXPECT_DOUBLE_EQ(cosine.at(0, 11), 1);
  EXPECT_NEAR(cosine.at(5, 11), 0.6, 1e-12);    // the middle
  EXPECT_NEAR(cosine.at(10, 11), 0.2, 1e-12);   // the last step
  EXPECT_NEAR(cosine.at(1, 4), 0.8, 1e-12);     // a third: cos 60 degrees = 1/2, so 3/4 of the way is left
  EXPECT_TRUE(std::isfinite(cosine.at(0, 1)));  // a phase of one step
}

struct Probability {
  Schedule level = 0.5;
  void fields(Fields& f) { schedule_field(f, "level", level, "a probability", between(0, 1)); }
};

TEST(Schedules, AreRefusedWithTheValueThatTheyMayNotHave) {
  const auto refusal = [](const Schedule& level) {
    Probability config{.level = level};
    return message_of<Error>([&] { check_config(config, "here"); });
  };
  EXPECT_EQ(refusal(LinearSchedule::Config{.from = 0, .to = 1}), "nothing was thrown");
  EXPECT_EQ(refusal(1.5), "here: level: must stay between 0 and 1, is 1.5");
  EXPECT_SAYS(refusal(LinearSchedule::Config{.from = 0, .to = -1}),
              "here: level: must stay between 0 and 1, reaches -0.001");
}

}  // namespace
}  // namespace aelab
