#include "aelab/training/trainer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "aelab/core/config.h"
#include "aelab/core/files.h"
#include "aelab/core/safetensors.h"
#include "aelab/core/text.h"
#include "aelab/data/batches.h"
#include "aelab/training/checkpoint.h"
#include "tests/training/models.h"

namespace aelab {
namespace {

using nlohmann::json;

json saved_progress(const std::filesystem::path& checkpoint) {
  const auto file = SafetensorsFile::read(checkpoint);
  return json::parse(file.metadata().at("aelab")).at("progress");
}

TEST(Trainer, TakesExactlyTheStepsOfGradientDescent) {
  const auto data = few_digits(40);
  const auto model = small_dense(), by_hand = small_dense();
  Trainer(plain_sgd(0.05, 2, 16), {without("progress")}, 9).fit(*model, data);
  for (std::int64_t epoch = 0; epoch < 2; ++epoch) {
    const auto order = Order(40, 40, Shuffle{9, epoch}).rows(0);
    for (std::int64_t begin = 0; begin < 40; begin += 16) {
      const auto x = data.train.gather(order.slice(0, begin, std::min<std::int64_t>(begin + 16, 40))).inputs;
      const auto loss = 0.5 * (by_hand->reconstruct(x) - x).square().flatten(1).sum(1).mean();
      const auto gradients = torch::autograd::grad({loss}, by_hand->parameters());
      const at::NoGradGuard no_grad;
      for (std::size_t i = 0; i < gradients.size(); ++i) by_hand->parameters()[i].sub_(0.05 * gradients[i]);
    }
  }
  for (std::size_t i = 0; i < model->parameters().size(); ++i)
    EXPECT_TRUE(at::allclose(model->parameters()[i], by_hand->parameters()[i], 1e-4, 1e-6));
}

/// The parameters of a small model after two epochs on 40 rows.
std::vector<Tensor> trained(const TrainerConfig& config) {
  const auto model = small_dense();
  Trainer(config, {without("progress")}, 9).fit(*model, few_digits(40));
  return model->parameters();
}

/// A remark on the first step, which is logged when the epoch ends.
class NoteAtFirstStep : public Callback {
 public:
  void step_end(Training& training) override {
    if (training.progress.step == 1) training.note("this was the first step");
  }
};

TEST(Trainer, LogsRemarksOnAnEpochThatWasInterrupted) {
  const TemporaryFolder folder;
  const auto data = few_digits(64);
  const auto fit = [&](std::vector<CallbackConfig> callbacks, std::optional<std::filesystem::path> resume) {
    callbacks.push_back(without("progress"));
    callbacks.push_back(checkpoint_every_step());
    Trainer trainer(plain_sgd(0.05, 1, 16), callbacks, 9);
    trainer.watch(std::make_shared<NoteAtFirstStep>());
    return trainer.fit(*small_dense(), data, {.folder = folder.path(), .resume = resume});
  };
  {
    const Interruptible interruptible;
    EXPECT_EQ(fit({interrupt_at(2)}, {}).signal, SIGTERM);
  }
  EXPECT_EQ(read_file(folder / "log.txt").find("this was the first step"), std::string::npos);
  fit({}, folder / "checkpoints/last.safetensors");
  EXPECT_SAYS(read_file(folder / "log.txt"), "epoch 1: this was the first step");
}

TEST(Trainer, AccumulatesBatchesAsIfTheyWereOne) {
  auto in_parts = plain_sgd(0.05, 2, 8);
  in_parts.accumulate = 2;
  const auto whole = trained(plain_sgd(0.05, 2, 16)), parts = trained(in_parts);
  for (std::size_t i = 0; i < whole.size(); ++i) EXPECT_TRUE(at::allclose(whole[i], parts[i], 1e-4, 1e-6));
}

TEST(Trainer, ClipsGradientsByNormAndByValue) {
  constexpr double kRate = 0.1, kNorm = 0.01, kValue = 1e-3;
  const auto start = small_dense()->parameters();
  auto config = plain_sgd(kRate, 1, 40);  // one step
  config.clip_norm = kNorm;
  double square = 0;
  const auto by_norm = trained(config);
  for (std::size_t i = 0; i < start.size(); ++i)
    square += (by_norm[i] - start[i]).square().sum().item<double>();
  EXPECT_NEAR(std::sqrt(square), kRate * kNorm, 1e-3 * kRate * kNorm);
  config.clip_norm.reset();
  config.clip_value = kValue;
  double largest = 0;
  const auto by_value = trained(config);
  for (std::size_t i = 0; i < start.size(); ++i)
    largest = std::max(largest, (by_value[i] - start[i]).abs().max().item<double>());
  EXPECT_NEAR(largest, kRate * kValue, 1e-3 * kRate * kValue);
}

TEST(Trainer, LeavesShorterGradientsAsTheyAre) {
  auto config = plain_sgd(0.1, 1, 40);  // one step
  const auto unclipped = trained(config);
  config.clip_norm = config.clip_value = 1e6;
  const auto clipped = trained(config);
  for (std::size_t i = 0; i < unclipped.size(); ++i) EXPECT_TRUE(at::equal(clipped[i], unclipped[i]));
}

TEST(Trainer, ReportsMeansOverRowsNotBatches) {
  const auto data = few_digits(40);  // batches of 32 and 8
  const auto model = small_dense();
  const auto loss = [&](const Dataset& part) {
    const auto x = part.range(0, part.size()).inputs;
    return (0.5 * (model->reconstruct(x) - x).square().sum() / part.size()).item<double>();
  };
  const double train = loss(data.train), validation = loss(data.validation);
  const auto held_out = data.validation.range(0, data.validation.size()).inputs;
  const auto error = (model->reconstruct(held_out) - held_out).square().mean().item<double>();
  const auto metrics =
      Trainer(plain_sgd(0, 1), {without("progress")}).fit(*model, data).epochs.front().metrics;
  EXPECT_NEAR(*find(metrics, "train/loss"), train, 1e-5 * train);
  EXPECT_NEAR(*find(metrics, "train/reconstruction"), train, 1e-5 * train);
  EXPECT_NEAR(*find(metrics, "validation/loss"), validation, 1e-5 * validation);
  EXPECT_NEAR(*find(metrics, "validation/mse"), error, 1e-5 * error);
}

TEST(Trainer, DoesWithoutValidation) {
  auto data = few_digits(40);
  data.validation = {};
  const auto history =
      Trainer(plain_sgd(0.01, 2), {without("progress"), listed("early-stopping")}).fit(*small_dense(), data);
  ASSERT_EQ(history.epochs.size(), 2u);
  EXPECT_FALSE(find(history.epochs.back().metrics, "validation/loss"));
}

TEST(Trainer, RefusesBeforeItTrains) {
  const auto data = few_digits(40);
  const auto refusal = [&](Autoencoder& model, const Split& split,
                           std::vector<CallbackConfig> callbacks = {}) {
    callbacks.push_back(without("progress"));
    return message_of<Error>([&] { Trainer({}, callbacks).fit(model, split); });
  };
  Dense bernoulli({.base = {.code = 5}}, Shape{1, 8, 8}), other({.base = {.code = 5}}, Shape{1, 4, 4});
  EXPECT_SAYS(refusal(other, data), "built for inputs of 1x4x4, the data are 1x8x8");
  EXPECT_SAYS(refusal(bernoulli, Split{}), "no rows");

  auto wide = data, broken = data;
  wide.validation = Dataset::from_tensors(2 * data.validation.range(0, 5).inputs);
  EXPECT_SAYS(refusal(bernoulli, wide), "bernoulli is for values between 0 and 1, and the validation split");
  EXPECT_EQ(refusal(*small_dense(), wide), "nothing was thrown");
  broken.train = Dataset::from_tensors(at::full({3, 1, 8, 8}, kNan));
  EXPECT_SAYS(refusal(*small_dense(), broken), "the training split has NaN or infinite values");

  const CallbackConfig monitor = {.callback = EarlyStopping::Config{.base = {.monitor = "validation/los"}}};
  EXPECT_SAYS(refusal(bernoulli, data, {monitor}), "Did you mean \"validation/loss\"?");
  EXPECT_SAYS(message_of<Error>([] { Trainer({.epochs = 0, .batch_size = -1}); }), "2 errors");
}

TEST(Trainer, StopsInTheVeryStepWhoseLossIsNotFiniteAndKeepsTheStateBefore) {
  const TemporaryFolder folder;
  const auto data = few_digits(64);
  const auto model = small_dense();
  // Weights of 1e30 times a gradient of about 1: finite, but their product is not.
  const Trainer trainer(plain_sgd(1e30, 5), {without("progress")});
  const auto message = message_of<Failure>([&] { trainer.fit(*model, data, {folder.path(), {}}); });
  EXPECT_SAYS(message, "\"reconstruction\" became inf");
  EXPECT_SAYS(message, "epoch 1, batch 2 (step 2)");
  const auto last = folder / "checkpoints/last.safetensors";
  EXPECT_EQ(saved_progress(last)["step"], 1);
  const auto kept = small_dense(2);
  load_model_state(last, *kept);
  EXPECT_TRUE(same_state(*kept, *model));
  for (const auto& parameter : kept->parameters()) EXPECT_TRUE(parameter.isfinite().all().item<bool>());
}

TEST(Trainer, GoesOnThroughNanWhereItIsToldTo) {
  const TemporaryFolder folder;
  const auto data = few_digits(64);
  const std::vector<CallbackConfig> callbacks = {without("progress"), without("stop-on-nan"),
                                                 listed("early-stopping"), checkpoint_every_step()};
  {
    const Interruptible interruptible;
    auto interrupted = callbacks;
    interrupted.push_back(interrupt_at(3));  // the epoch's sums are not finite by then
    Trainer(plain_sgd(1e30, 3), interrupted).fit(*small_dense(), data, {folder.path(), {}});
  }
  const auto history =
      Trainer(plain_sgd(1e30, 3), callbacks)
          .fit(*small_dense(), data, {folder.path(), folder / "checkpoints/last.safetensors"});
  ASSERT_EQ(history.epochs.size(), 2u);
  EXPECT_FALSE(std::isfinite(*find(history.epochs.back().metrics, "train/loss")));
}

TEST(Accumulation, WeighsBatchesByTheirRows) {
  // 70 rows in batches of 32, 32 and 6, one step: the gradient of the mean over all 70 rows.
  auto accumulated = plain_sgd(0.1, 1, 32), whole = plain_sgd(0.1, 1, 70);
  accumulated.accumulate = 3;
  const auto data = few_digits(70);
  const auto a = small_dense(), b = small_dense(), start = small_dense();
  const auto history = Trainer(accumulated, {}, 9).fit(*a, data);
  Trainer(whole, {}, 9).fit(*b, data);
  EXPECT_EQ(history.progress.step, 1);
  const auto moved = parameters_of(*a), expected = parameters_of(*b), before = parameters_of(*start);
  for (std::size_t i = 0; i < moved.size(); ++i) {
    EXPECT_TRUE(at::allclose(moved[i].second, expected[i].second, 1e-4, 1e-6)) << moved[i].first;
    EXPECT_FALSE(at::allclose(moved[i].second, before[i].second, 1e-4, 1e-6)) << moved[i].first;
  }
}

TEST(EarlyStopping, EndsThePhaseAfterItsPatience) {
  // Nothing changes, so epoch 1 is the best, and with a patience of 3 epoch 4 is the last.
  const auto stopping = [](std::int64_t patience) {
    const CallbackConfig callback = {
        .callback = EarlyStopping::Config{.base = {.monitor = "validation/loss"}, .patience = patience}};
    TwoPhases model;
    std::vector<std::string> phases;
    for (const auto& epoch :
         Trainer(plain_sgd(0, 6), {callback, without("progress")}).fit(model, few_digits(32)).epochs)
      phases.push_back(epoch.phase);
    return phases;
  };
  using Phases = std::vector<std::string>;
  EXPECT_EQ(stopping(3),
            (Phases{"first", "first", "first", "first", "second", "second", "second", "second"}));
  EXPECT_EQ(stopping(1), (Phases{"first", "first", "second", "second"}));
  EXPECT_EQ(stopping(6).size(), 12u);
}

TEST(EarlyStopping, WaitsWhileItsMetricImprovesByMoreThanTheLeast) {
  const auto epochs = [](MonitorConfig monitor) {
    monitor.monitor = "validation/loss";
    const CallbackConfig callback = {.callback = EarlyStopping::Config{.base = monitor, .patience = 2}};
    return Trainer(plain_sgd(0.01, 6), {callback, without("progress")})
        .fit(*small_dense(), few_digits())
        .epochs.size();
  };
  EXPECT_EQ(epochs({}), 6u);                   // the loss falls all the time
  EXPECT_EQ(epochs({.min_delta = 1e6}), 3u);   // but never by that much
  EXPECT_EQ(epochs({.mode = Mode::max}), 3u);  // and larger would be better
}

TEST(Checkpoints, MarkTheBestEpoch) {
  const auto best_epoch = [](Mode mode) {
    const TemporaryFolder folder;
    const Trainer trainer(plain_sgd(0.01, 3), {checkpoint_every_step({.mode = mode}), without("progress")});
    trainer.fit(*small_dense(), few_digits(), {folder.path(), {}});
    return saved_progress(folder / "checkpoints/best.safetensors")["epoch"].get<int>();
  };
  EXPECT_EQ(best_epoch(Mode::min), 3);  // the loss falls in every epoch
  EXPECT_EQ(best_epoch(Mode::max), 1);
}

TEST(Checkpoints, AreWrittenAtTheEndsOfPhasesEvenWithinTheInterval) {
  const TemporaryFolder folder;
  const CallbackConfig rarely = {.callback = SaveCheckpoint::Config{.seconds = 1e6}};
  TwoPhases model;
  Trainer(plain_sgd(0.01, 1), {rarely, without("progress")}).fit(model, few_digits(64), {folder.path(), {}});
  const auto progress = saved_progress(folder / "checkpoints/last.safetensors");
  EXPECT_EQ(progress["phase"], 1);
  EXPECT_EQ(progress["step"], 4);
  EXPECT_EQ(progress["phase_step"], 2);
  EXPECT_EQ(progress["phase_ended"], true);
}

class DamagedCheckpoint : public testing::Test {
 protected:
  DamagedCheckpoint() {
    const Trainer trainer(plain_sgd(0.01, 1), {checkpoint_every_step(), without("progress")});
    trainer.fit(*small_dense(), data, {folder.path(), {}});
  }
  std::string resumption(Autoencoder& model) const {
    return message_of<Error>([&] {
      Trainer(plain_sgd(0.01, 1), {without("progress")}).fit(model, data, {folder.path(), path});
    });
  }
  std::string resumption() const { return resumption(*small_dense()); }

  const TemporaryFolder folder;
  const Split data = few_digits(64);
  const std::filesystem::path path = folder / "checkpoints/last.safetensors";
};

TEST_F(DamagedCheckpoint, IsRefusedWithItsPath) {
  const auto content = read_file(path);
  ASSERT_EQ(resumption(), "nothing was thrown");
  auto flipped = content;
  flipped[content.size() - 100] ^= 1;
  for (const auto& damaged : {flipped, content.substr(0, content.size() - 1), std::string("{}")}) {
    put_file(path, damaged);
    EXPECT_SAYS(resumption(), path.string());
  }
  std::filesystem::remove(path);
  EXPECT_SAYS(resumption(), "No such file");
}

TEST_F(DamagedCheckpoint, OfAnotherModelOrFormatIsRefused) {
  Dense narrow({.base = {.code = 4, .likelihood = GaussianLikelihood::Config{}}}, Shape{1, 8, 8});
  EXPECT_SAYS(resumption(narrow), "the tensor \"model.backbone.encoder_0.weight\" is F32 5x64, not F32 4x64");
  Dense deep({.base = {.code = 5, .likelihood = GaussianLikelihood::Config{}}, .backbone = {.hidden = {5}}},
             Shape{1, 8, 8});
  EXPECT_SAYS(resumption(deep), "it belongs to another model");

  const auto file = SafetensorsFile::read(path);
  write_safetensors(path, file.tensors(), {});
  EXPECT_SAYS(resumption(), "is not a checkpoint of aelab");
  auto metadata = json::parse(file.metadata().at("aelab"));
  metadata["format"] = 3;
  write_safetensors(path, file.tensors(), {{"aelab", metadata.dump()}});
  EXPECT_SAYS(resumption(), "has format 3; this aelab reads 2");
  metadata["format"] = 1;
  write_safetensors(path, file.tensors(), {{"aelab", metadata.dump()}});
  EXPECT_SAYS(resumption(), "was written by an earlier version of aelab, which drew other random numbers");
}

TEST(Signals, StopAfterTheStepAndResumeToTheSameBits) {
  const auto data = few_digits(64);
  const auto callbacks = std::vector{checkpoint_every_step(), without("progress")};
  const TrainerConfig config{
      .epochs = 2, .batch_size = 16, .optimizer = Adam::Config{}, .device = Device::cpu, .threads = 1};
  TwoPhases whole;
  EXPECT_EQ(Trainer(config, {without("progress")}).fit(whole, data).signal, 0);
  for (const std::int64_t step : {1, 4, 8, 9, 15}) {  // 4: an epoch's last; 8: a phase's last; 16 in all
    const TemporaryFolder folder;
    const Interruptible interruptible;
    auto interrupted = callbacks;
    interrupted.push_back(interrupt_at(step));
    TwoPhases first, second;
    EXPECT_EQ(Trainer(config, interrupted).fit(first, data, {folder.path(), {}}).signal, SIGTERM);
    const auto last = folder / "checkpoints/last.safetensors";
    EXPECT_EQ(saved_progress(last)["step"], step);
    StopSignals::reset();
    Trainer(config, callbacks).fit(second, data, {folder.path(), last});
    EXPECT_TRUE(same_state(second, whole)) << step;
  }
}

TEST(Log, WritesEveryEpochInBothForms) {
  const TemporaryFolder folder;
  const auto history = Trainer(plain_sgd(0.01, 2), {without("progress")})
                           .fit(*small_dense(), few_digits(64), {folder.path(), {}});
  std::istringstream lines(read_file(folder / "metrics.jsonl"));
  std::string line, table = "step,epoch,phase,name,value\n";
  for (std::size_t i = 0; i < 2; ++i) {
    ASSERT_TRUE(std::getline(lines, line));
    const auto logged = json::parse(line);
    const auto& epoch = history.epochs[i];
    EXPECT_EQ(logged["step"], epoch.step);
    EXPECT_EQ(logged["epoch"], i + 1);
    EXPECT_EQ(logged["phase"], "train");
    for (const auto& [name, value] : epoch.metrics) {
      EXPECT_EQ(logged[name], value) << name;
      table += std::to_string(epoch.step) + "," + std::to_string(i + 1) + ",train," + name + "," +
               shortest(value) + "\n";
    }
  }
  EXPECT_FALSE(std::getline(lines, line));
  EXPECT_EQ(read_file(folder / "metrics.csv"), table);
}

}  // namespace
}  // namespace aelab
