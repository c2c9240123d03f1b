// Steps that are not finite, where losses are read at intervals: skipped on the device, told at the next
// reading, and the state is that of before.

#include <gtest/gtest.h>

#include <cmath>

#include "aelab/core/files.h"
#include "aelab/core/safetensors.h"
#include "aelab/models/sparse.h"
#include "aelab/training/callbacks/weight_average.h"
#include "aelab/training/checkpoint.h"
#include "tests/contract/contract.h"
#include "tests/training/models.h"

namespace aelab {
namespace {

/// Batch normalization and a running mean of activations: a state beside parameters that steps change.
class Breakable : public Sparse {
 public:
  explicit Breakable(std::int64_t broken_step = 0)
      : Sparse({.base = {.code = 5,
                         .backbone =
                             DenseBackbone::Config{.hidden = {12},
                                                   .regularization = {.normalization = Normalize::batch}}},
                .sparsity = Sparsity::kl,
                .kl = {.target = 0.1, .estimate = ActivationEstimate::running}},
               Context({1, 8, 8}, 1)),
        broken_step_(broken_step) {}
  std::vector<Phase> phases() override {
    auto phase = Sparse::phases().front();
    auto& update = phase.updates.front();
    update.objective = [this, whole = update.objective](const Batch& batch, const Step& step, Pass& pass) {
      auto broken = batch;
      if (step.training && step.in_phase + 1 == broken_step_) broken.inputs = batch.inputs * NAN;
      return whole(broken, step, pass);
    };
    return {phase};
  }

 private:
  std::int64_t broken_step_;
};

TEST(FoundInf, SkipsTheStepInEveryOptimizerAndInAllThatStepsChange) {
  const auto data = few_digits(80);  // 5 batches of 16
  const std::vector<CallbackConfig> callbacks = {
      checkpoint_every_step(), {.callback = WeightAverage::Config{.decay = 0.6}}, without("progress")};
  int skipping = 0;
  for_each_example<Optimizer>([&](const Choice<Optimizer>& optimizer) {
    Breakable any;
    if (optimizer.make(parameters_of(any))->reads()) return;
    ++skipping;
    auto config = plain_sgd(0, 2, 16);
    config.optimizer = optimizer;
    config.read_every = 4;
    for (const std::int64_t step : {1, 3, 4, 7, 10}) {
      SCOPED_TRACE("broken in step " + std::to_string(step));
      const TemporaryFolder folder, whole_folder;
      Breakable whole, broken(step), resumed;
      Trainer trainer(config, callbacks, 3);
      trainer.fit(whole, data, {whole_folder.path(), {}});
      const auto message = message_of<Failure>([&] { trainer.fit(broken, data, {folder.path(), {}}); });
      EXPECT_SAYS(message, "\"reconstruction\" became nan");
      EXPECT_SAYS(message, "(step " + std::to_string(step) + ")");
      const auto last = folder / "checkpoints/last.safetensors";
      EXPECT_EQ(progress_of(last).step, step - 1);
      trainer.fit(resumed, data, {folder.path(), last});
      EXPECT_TRUE(same_state(resumed, whole));
      const auto a = SafetensorsFile::read(last),
                 b = SafetensorsFile::read(whole_folder / "checkpoints/last.safetensors");
      for (const auto& tensor : b.tensors())
        EXPECT_TRUE(std::ranges::equal(tensor.bytes, a.find(tensor.name)->bytes)) << tensor.name;
      EXPECT_EQ(read_file(folder / "metrics.jsonl"), read_file(whole_folder / "metrics.jsonl"));
    }
  });
  EXPECT_GT(skipping, 0);
}

/// Counts the boundaries at which a state may be saved, and the readings.
class Boundaries : public Callback {
 public:
  std::vector<std::int64_t> steps, readings;
  void boundary(Training& training, Boundary boundary) override {
    if (boundary == Boundary::step) steps.push_back(training.progress.step);
  }
  void read(Training& training) override { readings.push_back(training.progress.step); }
};

TEST(Readings, AreEveryFewStepsAndWhereverAStateIsTold) {
  const auto seen = [](TrainerConfig config) {
    const auto boundaries = std::make_shared<Boundaries>();
    Trainer trainer(config, {without("progress")});
    trainer.watch(boundaries);
    trainer.fit(*small_dense(), few_digits(80));
    return std::pair(boundaries->steps, boundaries->readings);
  };
  using Steps = std::vector<std::int64_t>;
  auto config = plain_sgd(0.01, 2, 16);  // 5 steps an epoch
  config.read_every = 3;
  EXPECT_EQ(seen(config), std::pair(Steps({3, 6, 9}), Steps({3, 5, 6, 9, 10})));
  config.read_every.reset();  // on the CPU each
  EXPECT_EQ(seen(config).first, Steps({1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
  config.read_every = 3;
  config.optimizer = Choice<Optimizer>::named("lbfgs");  // whose line search reads in every step
  EXPECT_EQ(seen(config).first, Steps({1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
}

TEST(Readings, ComeBeforeASignalsCheckpoint) {
  const TemporaryFolder folder;
  const auto data = few_digits(80);
  auto config = plain_sgd(0.01, 2, 16);
  config.read_every = 100;
  const Interruptible interruptible;
  Breakable broken(2);
  const Trainer trainer(config, {without("progress"), interrupt_at(3)}, 3);
  const auto message = message_of<Failure>([&] { trainer.fit(broken, data, {folder.path(), {}}); });
  EXPECT_SAYS(message, "(step 2)");
  EXPECT_EQ(progress_of(folder / "checkpoints/last.safetensors").step, 1);
}

/// Fails in a step, as data do that can no longer be read.
class FailIn : public Callback {
 public:
  explicit FailIn(std::int64_t step) : step_(step) {}
  void batch_passed(Training& training, const Update&, const Batch&, const Pass&) override {
    if (training.progress.step + 1 == step_) throw Failure("something else");
  }

 private:
  std::int64_t step_;
};

TEST(Readings, ComeBeforeTheCheckpointOfAnotherFailure) {
  for (const auto& [broken_step, told, saved] : {std::tuple(2, "(step 2)", 1), {0, "something else", 3}}) {
    const TemporaryFolder folder;
    auto config = plain_sgd(0.01, 2, 16);
    config.read_every = 100;
    Breakable model(broken_step);
    Trainer trainer(config, {without("progress")}, 3);
    trainer.watch(std::make_shared<FailIn>(4));
    EXPECT_SAYS(message_of<Failure>([&] { trainer.fit(model, few_digits(80), {folder.path(), {}}); }), told);
    EXPECT_EQ(progress_of(folder / "checkpoints/last.safetensors").step, saved);
  }
}

TEST(FoundInf, OfAGradientIsToldByItsParameter) {
  // A finite loss with an infinite slope: the square root of zero.
  class Steep : public TwoUpdateModel {
   public:
    std::vector<Phase> phases() override {
      auto phase = TwoUpdateModel::phases().front();
      phase.updates.resize(1);
      phase.updates[0].objective = [this](const Batch& batch, const Step&, Pass& pass) {
        pass.input = batch.inputs;
        Terms terms;
        terms.add("score", (0 * picture).square().sum().sqrt());
        terms.add("decay", picture.square().sum());
        return terms;
      };
      return {phase};
    }
  };
  for (const std::int64_t read_every : {1, 3}) {
    auto config = plain_sgd(0.01, 1, 16);
    config.read_every = read_every;
    Steep model;
    const auto before = model.picture.detach().clone();
    EXPECT_SAYS(
        message_of<Failure>([&] { Trainer(config, {without("progress")}).fit(model, few_digits(80)); }),
        "the gradient of \"picture\" became nan in phase \"train\", epoch 1, batch 1 (step 1)");
    EXPECT_TRUE(same_bits(model.picture, before));
  }
}

}  // namespace
}  // namespace aelab
