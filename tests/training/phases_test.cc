// What callbacks begin anew with a phase, and what they go on with after a resume, by hand.

#include <gtest/gtest.h>

#include <set>

#include "aelab/training/callbacks/pictures.h"
#include "aelab/training/callbacks/plateau.h"
#include "aelab/training/callbacks/weight_average.h"
#include "aelab/training/checkpoint.h"
#include "tests/training/scripted.h"

namespace aelab {
namespace {

std::set<std::string> names_in(const std::filesystem::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) names.insert(entry.path().stem());
  return names;
}

/// The rest of a scripted training that was interrupted in the middle of its third epoch.
History resumed(const std::vector<double>& script, const CallbackConfig& callback) {
  const TemporaryFolder folder;
  const auto data = few_digits(64);
  const auto config = plain_sgd(0.01, 1);
  {
    const Interruptible interruptible;
    Scripted model({script});
    Trainer(config, {callback, checkpoint_every_step(), without("progress"), interrupt_at(2 * kSteps + 1)})
        .fit(model, data, {folder.path(), {}});
  }
  Scripted model({script});
  return Trainer(config, {callback, checkpoint_every_step(), without("progress")})
      .fit(model, data, {folder.path(), folder / "checkpoints/last.safetensors"});
}

TEST(Resume, EarlyStoppingGoesOnWaiting) {
  // Epoch 1 is the best; 2, 3 and 4 are no better: with a patience of 3 epoch 4 is the last.
  const CallbackConfig stopping = {.callback = EarlyStopping::Config{.patience = 3}};
  EXPECT_EQ(resumed({5, 6, 6, 6, 6, 6, 6, 6}, stopping).progress.epoch, 4);
  // Epoch 3 is better than 2, but not than the best of before the interruption.
  EXPECT_EQ(resumed({5, 9, 8, 7, 6, 6, 6, 6}, stopping).progress.epoch, 4);
}

TEST(Resume, APlateauGoesOnWaiting) {
  // Reduced after epochs 3 and 5.
  const CallbackConfig plateau = {.callback = Plateau::Config{.patience = 2, .factor = 0.5, .least = 0}};
  EXPECT_EQ(resumed({5, 6, 6, 6, 6}, plateau).progress.rate_scale, 0.25);
  // Reduced after epoch 2 and kept, although epochs 3 and 4 improve.
  const CallbackConfig hasty = {.callback = Plateau::Config{.patience = 1, .factor = 0.5, .least = 0}};
  EXPECT_EQ(resumed({5, 6, 4, 3}, hasty).progress.rate_scale, 0.5);
}

TEST(Resume, TheMeansOfAnEpochAreOverAllItsRows) {
  // Of the third epoch, within which it was interrupted, too.
  const auto data = few_digits(64);
  Scripted model({{1, 1, 1}});
  const auto whole = Trainer(plain_sgd(0.01, 1), {without("progress")}).fit(model, data);
  const auto rest = resumed({1, 1, 1}, {.callback = EarlyStopping::Config{.patience = 9}});
  ASSERT_EQ(rest.epochs.size(), 1U);
  for (const auto* name : {"train/loss", "train/reconstruction"})
    EXPECT_EQ(values_of(rest, name)[0], values_of(whole, name)[2]) << name;
}

TEST(Phases, EachHasItsOwnBestEpochs) {
  // Of the second phase, epochs 4 to 6, the last two are the best, although each of the first is better.
  const TemporaryFolder folder;
  Scripted model({{1, 2, 3}, {9, 8, 7}});
  const CallbackConfig checkpoint = {.callback = SaveCheckpoint::Config{.seconds = 0, .top = 2}};
  Trainer(plain_sgd(0.01, 1), {checkpoint}).fit(model, few_digits(64), {folder.path(), {}});
  const auto names = names_in(folder / "checkpoints");
  EXPECT_TRUE(names.contains("best-epoch-0005") && names.contains("best-epoch-0006"));
  EXPECT_FALSE(names.contains("best-epoch-0003") || names.contains("best-epoch-0004"));
}

TEST(Phases, TheirLastEpochIsDrawn) {
  const TemporaryFolder folder;
  Scripted model({{1, 1, 1}, {1, 1}});
  const CallbackConfig pictures = {.callback = Pictures::Config{.every = 2, .count = 4, .codes = 0}};
  Trainer(plain_sgd(0.01, 1), {pictures}).fit(model, few_digits(64), {folder.path(), {}});
  std::set<std::string> drawn;
  for (const auto& name : names_in(folder / "images"))
    if (name.starts_with("reconstructions")) drawn.insert(name);
  EXPECT_EQ(drawn, (std::set<std::string>{"reconstructions-0002", "reconstructions-0003",
                                          "reconstructions-0004", "reconstructions-0005"}));
}

TEST(Phases, TheAverageOfWeightsBeginsAnew) {
  const TemporaryFolder folder;
  constexpr double d = 0.6;
  Trainer trainer(plain_sgd(0.05, 1),
                  {{.callback = WeightAverage::Config{.decay = d}}, checkpoint_every_step()});
  std::vector<Tensor> weights;
  trainer.watch(std::make_shared<AtStepEnd>([&](Training& t) { weights.push_back(row_of(t.model)); }));
  TwoPhases model, averaged;
  const auto data = few_digits(64);
  const auto history = trainer.fit(model, data, {folder.path(), {}});
  ASSERT_EQ(weights.size(), 4U);
  load_model_state(folder / "checkpoints/ema.safetensors", averaged);
  const auto expected = (1 - d) * (weights[3] + d * weights[2]) / (1 - d * d);
  EXPECT_TRUE(at::allclose(row_of(averaged), expected, 1e-5, 1e-7));
  // Its loss is told beside that of the model.
  const auto loss = [&](Autoencoder& of) {
    const at::NoGradGuard no_grad;
    Pass pass;
    return of.loss(data.validation.range(0, data.validation.size()), Step{}, pass).total().item<double>();
  };
  EXPECT_NEAR(values_of(history, "ema/loss")[1], loss(averaged), 1e-4);
  EXPECT_NEAR(values_of(history, "validation/loss")[1], loss(model), 1e-4);
  EXPECT_GT(std::abs(loss(averaged) - loss(model)), 1e-2);
}

/// Notes the phase's time where a phase begins.
class AtPhaseBegin : public Callback {
 public:
  void phase_begin(Training& training) override {
    whole.push_back(training.progress.seconds);
    of_phase.push_back(training.progress.phase_seconds);
  }
  std::vector<double> whole, of_phase;
};

TEST(Phases, EachHasItsOwnTime) {
  // A budget of seconds limits each phase by its own time, which begins with it.
  const auto times = std::make_shared<AtPhaseBegin>();
  Trainer trainer(plain_sgd(0.01, 2), {without("progress")});
  trainer.watch(times);
  TwoPhases model;
  const auto progress = trainer.fit(model, few_digits(64)).progress;
  EXPECT_EQ(times->of_phase, (std::vector<double>{0, 0}));
  EXPECT_GT(times->whole[1], 0);
  EXPECT_NEAR(progress.phase_seconds, progress.seconds - times->whole[1], 1e-9);
}

TEST(Phases, OfAccumulatedBatchesOrABudgetOfStepsCountTheirLastPartToo) {
  // 160 rows are 5 batches of 32: in steps of 3 batches 2, in steps of 2 batches 3.
  auto config = plain_sgd(0.01, 1);
  for (const auto& [accumulate, steps] : {std::pair(1, 5), {2, 3}, {3, 2}, {5, 1}, {9, 1}}) {
    config.accumulate = accumulate;
    EXPECT_EQ(config.epoch_steps(160), steps) << accumulate;
  }
  const auto model = small_dense();
  const auto data = few_digits(160);
  Training training(*model, data, {});
  training.epoch_steps = 2;
  for (const auto& [steps, epochs] : {std::pair(1, 1), {2, 1}, {3, 2}, {4, 2}, {5, 3}}) {
    training.limits = {{.steps = steps}};
    EXPECT_EQ(training.phase_epochs(), epochs) << steps;
  }
}

}  // namespace
}  // namespace aelab
