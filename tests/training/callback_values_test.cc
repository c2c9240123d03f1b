// What callbacks compute, against values worked out by hand.

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <sstream>
#include <thread>

#include "aelab/core/files.h"
#include "aelab/core/safetensors.h"
#include "aelab/models/stacked.h"
#include "aelab/training/callbacks/learning_rate.h"
#include "aelab/training/callbacks/plateau.h"
#include "aelab/training/callbacks/throughput.h"
#include "aelab/training/callbacks/timer.h"
#include "aelab/training/callbacks/weight_average.h"
#include "aelab/training/checkpoint.h"
#include "tests/training/scripted.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;

TEST(Plateau, ReducesTheRateAfterItsPatienceAndWaitsAgain) {
  // Best 5 at epoch 1; epochs 2 and 3 do not improve: reduced after 3. It waits anew: reduced after 5. Epoch
  // 6 improves; 7 and 8 do not: reduced after 8. The second phase begins with the full rate.
  Scripted model({{5, 6, 6, 6, 6, 4, 4, 4}, {9, 9, 9}});
  const CallbackConfig plateau = {.callback = Plateau::Config{.patience = 2, .factor = 0.5, .least = 0.2}};
  Trainer trainer(plain_sgd(0.01, 1), {plateau, {.callback = LearningRate::Config{}}});
  std::vector<double> scales;
  trainer.watch(std::make_shared<AtEpochEnd>([&](Training& t) { scales.push_back(t.progress.rate_scale); }));
  const auto history = trainer.fit(model, few_digits(64));
  EXPECT_EQ(scales, (std::vector<double>{1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.2, 1, 1, 0.5}));
  // The rate that was in use in the epoch, not that of the next one.
  const auto rates = values_of(history, "learning_rate");
  const std::vector<double> used = {1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 1, 1, 1};
  ASSERT_EQ(rates.size(), used.size());
  for (std::size_t i = 0; i < used.size(); ++i) EXPECT_DOUBLE_EQ(rates[i], 0.01 * used[i]) << i;
}

TEST(Plateau, LowersWhatTheOptimizerTakes) {
  // With a patience of 1 and equal losses the rate is reduced after epoch 2. An epoch is one step.
  const auto after = [](double factor) {
    Scripted model({{1, 1, 1}});
    const CallbackConfig plateau = {.callback = Plateau::Config{.patience = 1, .factor = factor, .least = 0}};
    Trainer trainer(plain_sgd(0.01, 1), {plateau});
    std::vector<Tensor> weights;
    trainer.watch(std::make_shared<AtEpochEnd>([&](Training& t) {
      weights.push_back(parameters_of(t.model).front().second.detach().to(at::kDouble));
    }));
    trainer.fit(model, few_digits(32));
    return weights;
  };
  const auto half = after(0.5), tenth = after(0.1);
  EXPECT_TRUE(same_bits(half[0], tenth[0]));
  EXPECT_TRUE(same_bits(half[1], tenth[1]));
  EXPECT_TRUE(at::allclose(half[2] - half[1], 5 * (tenth[2] - tenth[1]), 1e-3, 1e-6));
}

TEST(LearningRate, IsThatOfTheLastStepOfTheEpoch) {
  auto config = plain_sgd(0, 3);
  config.optimizer = Sgd::Config{.learning_rate = LinearSchedule::Config{.from = 0.05, .to = 0}};
  const auto history =
      Trainer(config, {{.callback = LearningRate::Config{}}}).fit(*small_dense(), few_digits(64));
  // Six steps: .05, .04, .03, .02, .01, 0.
  const auto rates = values_of(history, "learning_rate");
  ASSERT_EQ(rates.size(), 3u);
  EXPECT_NEAR(rates[0], 0.04, 1e-12);
  EXPECT_NEAR(rates[1], 0.02, 1e-12);
  EXPECT_NEAR(rates[2], 0, 1e-12);
}

TEST(WeightAverage, IsTheBiasCorrectedMeanOfTheStepsByHand) {
  const TemporaryFolder folder;
  constexpr double d = 0.6;
  Trainer trainer(plain_sgd(0.05, 2),
                  {{.callback = WeightAverage::Config{.decay = d}}, checkpoint_every_step()});
  std::vector<Tensor> weights;
  trainer.watch(std::make_shared<AtStepEnd>([&](Training& t) { weights.push_back(row_of(t.model)); }));
  const auto model = small_dense();
  trainer.fit(*model, few_digits(64), {folder.path(), {}});
  ASSERT_EQ(weights.size(), 4u);
  // (1 - d) (w4 + d w3 + d^2 w2 + d^3 w1) / (1 - d^4)
  const auto expected = (1 - d) *
                        (weights[3] + d * weights[2] + d * d * weights[1] + d * d * d * weights[0]) /
                        (1 - std::pow(d, 4));
  const auto averaged = small_dense();
  load_model_state(folder / "checkpoints/ema.safetensors", *averaged);
  EXPECT_TRUE(at::allclose(row_of(*averaged), expected, 1e-5, 1e-7));
  EXPECT_FALSE(at::allclose(row_of(*averaged), weights[3], 1e-4, 1e-6));
  EXPECT_TRUE(at::equal(row_of(*model), weights[3]));  // the model keeps its own weights
}

TEST(WeightAverage, OfAStackIsWithoutTheClassifierThatWasFittedToOtherWeights) {
  const auto stack = [] {
    return std::make_shared<Stacked>(
        Stacked::Config{.layers = {Dense::Config{.base = {.code = 5}}},
                        .classifier = Choice<Classifier>::named("nearest-neighbors")},
        Context({1, 8, 8}, /*model_seed=*/1, /*label_classes=*/10));
  };
  const TemporaryFolder folder;
  const auto history =
      Trainer(plain_sgd(0.1, 1), {{.callback = WeightAverage::Config{.decay = 0.9}}, checkpoint_every_step()})
          .fit(*stack(), few_digits(64), {folder.path(), {}});
  const auto last = stack(), averaged = stack();
  load_model_state(folder / "checkpoints/last.safetensors", *last);
  load_model_state(folder / "checkpoints/ema.safetensors", *averaged);
  EXPECT_TRUE(last->classifies());
  EXPECT_FALSE(averaged->classifies());
  EXPECT_FALSE(at::equal(parameters_of(*last).front().second, parameters_of(*averaged).front().second));
  const auto losses = values_of(history, "ema/loss");
  ASSERT_EQ(losses.size(), 2u);
  EXPECT_TRUE(std::isfinite(losses[0]) && std::isnan(losses[1]));  // the classifier's phase takes no steps
}

TEST(WeightAverage, ResumesWithTheStepsThatItCounted) {
  const TemporaryFolder whole, half;
  const auto trainer = [] {
    return Trainer(plain_sgd(0.05, 2),
                   {{.callback = WeightAverage::Config{.decay = 0.6}}, checkpoint_every_step()});
  };
  int steps = 0;
  auto first = trainer();
  first.watch(std::make_shared<AtStepEnd>([&](Training&) {
    constexpr auto everything = fs::copy_options::recursive | fs::copy_options::overwrite_existing;
    if (++steps == 3) fs::copy(whole.path(), half.path(), everything);
  }));
  first.fit(*small_dense(), few_digits(64), {whole.path(), {}});
  trainer().fit(*small_dense(2), few_digits(64), {half.path(), half / "checkpoints/last.safetensors"});
  const auto expected = small_dense(), resumed = small_dense(2);
  load_model_state(whole / "checkpoints/ema.safetensors", *expected);
  load_model_state(half / "checkpoints/ema.safetensors", *resumed);
  EXPECT_TRUE(at::equal(row_of(*resumed), row_of(*expected)));
}

std::set<std::string> checkpoints_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder / "checkpoints")) names.insert(entry.path().stem());
  return names;
}

TEST(Checkpoints, KeepTheBestFewAndEveryNth) {
  const TemporaryFolder folder;
  Scripted model({{5, 3, 4, 2, 6, 1, 7}});
  const CallbackConfig checkpoint = {.callback = SaveCheckpoint::Config{.seconds = 0, .top = 3, .every = 3}};
  Trainer(plain_sgd(0.01, 1), {checkpoint}).fit(model, few_digits(64), {folder.path(), {}});
  EXPECT_EQ(checkpoints_in(folder.path()),
            (std::set<std::string>{"last", "previous", "best", "best-epoch-0002", "best-epoch-0004",
                                   "best-epoch-0006", "epoch-0003", "epoch-0006"}));
}

TEST(Checkpoints, KeepTheFirstOfEquallyGoodEpochs) {
  // Best are 4 and 7 with a loss of 2; of 2, 3 and 5 with a loss of 3 the first one is kept.
  const TemporaryFolder folder;
  Scripted model({{5, 3, 3, 2, 3, 6, 2}});
  const CallbackConfig checkpoint = {.callback = SaveCheckpoint::Config{.seconds = 0, .top = 3}};
  Trainer(plain_sgd(0.01, 1), {checkpoint}).fit(model, few_digits(64), {folder.path(), {}});
  EXPECT_EQ(checkpoints_in(folder.path()),
            (std::set<std::string>{"last", "previous", "best", "best-epoch-0002", "best-epoch-0004",
                                   "best-epoch-0007"}));
  EXPECT_EQ(progress_of(folder / "checkpoints/best.safetensors").epoch, 4);
}

TEST(Checkpoints, TheBestIsOfTheLastPhase) {
  const auto best_of = [](std::vector<std::vector<double>> script, MonitorConfig monitor = {}) {
    const TemporaryFolder folder;
    Scripted model(std::move(script));
    Trainer(plain_sgd(0.01, 1), {checkpoint_every_step(std::move(monitor))})
        .fit(model, few_digits(64), {folder.path(), {}});
    return progress_of(folder / "checkpoints/best.safetensors");
  };
  // Although the first phase has the least loss of all.
  EXPECT_EQ(best_of({{1, 2}, {9, 8, 10}}).epoch, 4);
  EXPECT_EQ(best_of({{1, 2}, {9, 8, 10}}).phase, 1);
  // Where nothing counts in the last phase, or nothing is a number, its final state is the best.
  EXPECT_EQ(best_of({{1, 2}, {9, 8, 10}}, {.warmup = 3}).epoch, 5);
  EXPECT_EQ(best_of({{1, 2}, {NAN, NAN}}).epoch, 4);
  // A metric that the last phase does not have.
  EXPECT_EQ(best_of({{1, 2}, {9, 8}}, {.monitor = "validation/scripted"}).epoch, 4);
}

TEST(Timer, CountsTheTimeBeforeAResume) {
  Timer before(Timer::Config{.seconds = 100});
  before.load({{"spent", 99.95}});
  const auto model = small_dense();
  const auto data = few_digits(32);
  Training training(*model, data, {});
  before.start(training);
  before.step_end(training);
  EXPECT_FALSE(training.progress.run_ended);
  EXPECT_GE(before.save().at("spent").get<double>(), 99.95);
  std::this_thread::sleep_for(std::chrono::milliseconds(60));
  before.step_end(training);
  EXPECT_TRUE(training.progress.run_ended);
}

TEST(Throughput, CountsEachEpochAnew) {
  const TemporaryFolder folder;
  const auto model = small_dense();
  const auto data = few_digits(64);
  Training training(*model, data, folder.path());
  training.epoch_steps = 2;
  Throughput throughput({});
  throughput.start(training);
  // An epoch of 2 steps in 40 ms or more, then one of 6 steps in 10 ms or more.
  for (const auto& [steps, wait] : {std::pair(2, 40), {6, 10}}) {
    for (int i = 0; i < steps; ++i) throughput.step_end(training);
    std::this_thread::sleep_for(std::chrono::milliseconds(wait));
    ++training.progress.epoch;
    throughput.epoch_end(training);
  }
  std::istringstream lines(read_file(folder / "throughput.csv"));
  std::string line;
  std::getline(lines, line);
  for (const auto& [epoch, steps] : {std::pair(1, 2.0), {2, 6.0}}) {
    std::getline(lines, line);
    double number = 0, seconds = 0, samples = 0, rate = 0;
    ASSERT_EQ(std::sscanf(line.c_str(), "%lf,%lf,%lf,%lf", &number, &seconds, &samples, &rate), 4) << line;
    EXPECT_EQ(number, epoch);
    EXPECT_GE(seconds, epoch == 1 ? 0.040 : 0.010);
    EXPECT_NEAR(rate * seconds, steps, 0.05 * steps);               // of this epoch alone
    EXPECT_NEAR(samples * seconds, 32 * steps, 0.05 * 32 * steps);  // 64 rows in 2 steps
  }
}

}  // namespace
}  // namespace aelab
