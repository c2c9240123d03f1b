#include "aelab/training/budget.h"

#include <gtest/gtest.h>

#include <numeric>

#include "aelab/data/batches.h"
#include "tests/training/models.h"

namespace aelab {
namespace {

std::vector<Phase> phases(std::int64_t stepping, bool closed_form = false) {
  std::vector<Phase> all(static_cast<std::size_t>(stepping));
  if (closed_form)
    all.insert(all.begin(), Phase{.name = "closed", .updates = {}, .solve = [](const Dataset&) {}});
  return all;
}

std::vector<std::int64_t> steps(const Budget& budget, const std::vector<Phase>& all) {
  std::vector<std::int64_t> steps;
  for (const auto& limit : phase_limits(budget, 10, all)) steps.push_back(limit.steps.value_or(-1));
  return steps;
}

TEST(Budget, DividesByLargestRemainders) {
  // 10 by 3 equal shares: 3.33 each, the one that is left goes to the first; by 5:3:2 nothing is left; 7 by
  // 5:3:2: 3.5, 2.1, 1.4.
  EXPECT_EQ(steps({.steps = 10}, phases(3)), (std::vector<std::int64_t>{4, 3, 3}));
  EXPECT_EQ(steps({.steps = 10, .shares = {5, 3, 2}}, phases(3)), (std::vector<std::int64_t>{5, 3, 2}));
  EXPECT_EQ(steps({.steps = 7, .shares = {5, 3, 2}}, phases(3)), (std::vector<std::int64_t>{4, 2, 1}));
  EXPECT_EQ(steps({.steps = 10}, phases(1, true)), (std::vector<std::int64_t>{-1, 10}));
  for (std::int64_t total = 3; total < 60; ++total) {
    const auto parts = steps({.steps = total, .shares = {0.5, 0.3, 0.2}}, phases(3));
    EXPECT_EQ(std::accumulate(parts.begin(), parts.end(), std::int64_t{0}), total);
  }
  EXPECT_DOUBLE_EQ(*phase_limits(Budget{.seconds = 8, .shares = {3, 1}}, 10, phases(2))[1].seconds, 2.0);
}

TEST(Budget, SaysWhatCannotBeMet) {
  const auto refusal = [](const Budget& budget, const std::vector<Phase>& all) {
    return message_of<Error>([&] { phase_limits(budget, 10, all); });
  };
  EXPECT_SAYS(refusal({.epochs = 2}, phases(3)),
              "2 epochs are too few for all phases; the least possible is 3");
  EXPECT_SAYS(refusal({.epochs = 4, .shares = {1, 9}}, phases(2)),
              "too few for all phases; the least possible is 5");
  EXPECT_SAYS(refusal({.epochs = 4, .shares = {1}}, phases(2)), "shares: are 1, and this model has 2 phases");
  auto own = phases(2);
  own[1].epochs = 3;
  own[1].name = "second";
  EXPECT_SAYS(refusal({.epochs = 4}, own), "the phase \"second\" has its own number of epochs (3)");
}

/// Writes down which rows each step sees.
class Rows : public TwoPhases {
 public:
  std::vector<std::vector<std::int64_t>> seen;

  std::vector<Phase> phases() override {
    auto all = TwoPhases::phases();
    for (auto& phase : all)
      phase.updates.front().objective = [this, own = phase.updates.front().objective](
                                            const Batch& batch, const Step& step, Pass& pass) {
        if (step.training && at::GradMode::is_enabled())
          seen.emplace_back(batch.rows.data_ptr<std::int64_t>(),
                            batch.rows.data_ptr<std::int64_t>() + batch.size());
        return own(batch, step, pass);
      };
    return all;
  }
};

TEST(Budget, PhaseEndsAtItsStepAndTheNextGoesOnWithTheSameRows) {
  const auto data = few_digits(40);  // three batches of 16 a pass
  auto config = plain_sgd(0.01, 1, 16);
  config.budget = Budget{.steps = 8, .shares = {5, 3}};
  Rows model;
  const auto history = Trainer(config, {without("progress")}, 9).fit(model, data);
  ASSERT_EQ(model.seen.size(), 8u);
  for (std::size_t step = 0; step < 8; ++step) {
    const auto order = Order(40, 40, Shuffle{9, static_cast<std::int64_t>(step / 3)}).rows(0);
    const auto begin = static_cast<std::int64_t>(16 * (step % 3));
    const auto expected = order.slice(0, begin, std::min<std::int64_t>(begin + 16, 40));
    EXPECT_EQ(model.seen[step],
              std::vector<std::int64_t>(expected.data_ptr<std::int64_t>(),
                                        expected.data_ptr<std::int64_t>() + expected.size(0)));
  }
  std::vector<std::int64_t> ends;
  for (const auto& epoch : history.epochs) ends.push_back(epoch.step);
  EXPECT_EQ(ends, (std::vector<std::int64_t>{3, 5, 6, 8}));  // passes end at 3 and 6, phases at 5 and 8
}

TEST(Budget, OfSecondsEndsAPhaseAndRefusesWhatStretches) {
  const auto data = few_digits(40);
  auto config = plain_sgd(0.01, 1, 16);
  config.budget = Budget{.seconds = 1e-9};
  const auto history = Trainer(config, {without("progress")}).fit(*small_dense(), data);
  ASSERT_EQ(history.epochs.size(), 1u);
  EXPECT_EQ(history.epochs.front().step, 1);  // the first step finds the time used up
  config.optimizer = Sgd::Config{.learning_rate = CosineSchedule::Config{.from = 0.1}};
  EXPECT_SAYS(message_of<Error>([&] { Trainer(config).fit(*small_dense(), data); }),
              "optimizer.learning_rate: the cosine schedule depends on the number of steps");
  config.optimizer =
      Sgd::Config{.learning_rate = LinearSchedule::Config{.from = 0.1, .to = 0.01, .over = 20}};
  EXPECT_EQ(Trainer(config, {without("progress")}).fit(*small_dense(), data).epochs.size(), 1u);
}

}  // namespace
}  // namespace aelab
