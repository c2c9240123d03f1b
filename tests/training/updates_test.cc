// Phases with several updates: a generator and a discriminator whose steps are known by hand.

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "aelab/core/files.h"
#include "aelab/core/safetensors.h"
#include "aelab/data/batches.h"
#include "aelab/nn/noise.h"
#include "aelab/training/callbacks/learning_rate.h"
#include "aelab/training/callbacks/plateau.h"
#include "aelab/training/callbacks/trace.h"
#include "aelab/training/callbacks/weight_average.h"
#include "aelab/training/checkpoint.h"
#include "tests/training/scripted.h"

namespace aelab {
namespace {

constexpr double kGeneratorRate = 0.1, kDiscriminatorRate = 0.3;
constexpr std::int64_t kOrderSeed = 9;

/// Plain steps of both, with rates of their own; the trainer's optimizer is the generator's.
std::shared_ptr<TwoUpdateModel> adversarial(std::int64_t every = 1) {
  const auto model = std::make_shared<TwoUpdateModel>();
  model->updates[1].optimizer = Sgd::Config{.learning_rate = kDiscriminatorRate};
  model->updates[1].every = every;
  return model;
}

History trained(const std::shared_ptr<TwoUpdateModel>& model, TrainerConfig config, const Split& data,
                std::vector<CallbackConfig> callbacks = {}, const Place& place = {}) {
  callbacks.push_back(without("progress"));
  return Trainer(config, callbacks, kOrderSeed).fit(*model, data, place);
}

/// The mean over the rows of each batch, epoch by epoch.
std::vector<Tensor> batch_means(const Split& data, std::int64_t size, std::int64_t epochs) {
  std::vector<Tensor> means;
  const ShuffledBatches shuffled(data.train, size, kOrderSeed);
  for (std::int64_t epoch = 0; epoch < epochs; ++epoch) {
    const auto batches = shuffled.pass(epoch);
    for (std::int64_t i = 0; i < batches.count(); ++i) means.push_back(batches[i].inputs.flatten(1).mean(0));
  }
  return means;
}

/// Both after plain steps on batches with these means.
std::pair<Tensor, Tensor> by_hand(const std::vector<Tensor>& means, std::int64_t every) {
  const TwoUpdateModel start;
  auto g = start.picture.detach().clone(), c = start.scores.detach().clone();
  for (std::size_t step = 0; step < means.size(); ++step) {
    g = g - kGeneratorRate * (g - c);
    if ((static_cast<std::int64_t>(step) + 1) % every == 0)
      c = c - kDiscriminatorRate * (c + g - means[step]);
  }
  return {g, c};
}

void expect_near(const Tensor& a, const Tensor& b) { EXPECT_TRUE(at::allclose(a, b, 1e-5, 1e-6)); }

TEST(TwoUpdates, StepOneAfterTheOtherWithOptimizersOfTheirOwn) {
  // 40 rows in batches of 16, 16 and 8.
  const auto data = few_digits(40);
  for (const std::int64_t every : {1, 2, 3, 7}) {
    const auto model = adversarial(every);
    trained(model, plain_sgd(kGeneratorRate, 2, 16), data);
    const auto [g, c] = by_hand(batch_means(data, 16, 2), every);
    expect_near(model->picture, g);
    expect_near(model->scores, c);
  }
}

TEST(TwoUpdates, LeaveWhatTheyDoNotTrain) {
  // Each objective's graph reaches the other's parameters. With a rate of 0 the discriminator stays as it is,
  // and nothing has a gradient that the next step could add to.
  const auto model = adversarial();
  const TwoUpdateModel start;
  model->updates[1].optimizer = Sgd::Config{.learning_rate = 0};
  trained(model, plain_sgd(kGeneratorRate, 1, 16), few_digits(40));
  EXPECT_TRUE(same_bits(model->scores, start.scores));
  EXPECT_FALSE(same_bits(model->picture, start.picture));
  for (const auto& [name, parameter] : parameters_of(*model)) {
    EXPECT_FALSE(parameter.grad().defined()) << name;
    EXPECT_TRUE(name == "picture" || same_bits(parameter, start.named_parameters()[name])) << name;
  }
}

TEST(TwoUpdates, ClipTheirGradientsByLimitsOfTheirOwn) {
  constexpr double kNorm = 0.25, kOfTrainer = 0.125;
  const auto model = adversarial();
  const TwoUpdateModel start;
  model->updates[1].clip_norm = kNorm;
  auto config = plain_sgd(kGeneratorRate, 1, 40);  // one step
  config.clip_norm = kOfTrainer;
  trained(model, config, few_digits(40));
  const auto moved = [](const Tensor& a, const Tensor& b) { return (a - b).norm().item<double>(); };
  EXPECT_NEAR(moved(model->picture, start.picture), kGeneratorRate * kOfTrainer, 1e-5);
  EXPECT_NEAR(moved(model->scores, start.scores), kDiscriminatorRate * kNorm, 1e-5);
}

TEST(TwoUpdates, AccumulateAsIfBatchesWereOne) {
  auto parts = plain_sgd(kGeneratorRate, 2, 16);
  parts.accumulate = 3;
  const auto data = few_digits(40);
  const auto accumulated = adversarial(), whole = adversarial();
  const auto a = trained(accumulated, parts, data),
             b = trained(whole, plain_sgd(kGeneratorRate, 2, 40), data);
  expect_near(accumulated->picture, whole->picture);
  expect_near(accumulated->scores, whole->scores);
  for (const auto& [name, value] : a.epochs.back().metrics)
    EXPECT_NEAR(*find(b.epochs.back().metrics, name), value, 1e-4) << name;
}

std::set<std::string> names_of(const NamedValues& metrics) {
  std::set<std::string> names;
  for (const auto& item : metrics) names.insert(item.first);
  return names;
}

TEST(TwoUpdates, AreBothInTheMetricsUnderTheirNames) {
  const auto data = few_digits(40);
  const auto model = adversarial();
  const auto epochs =
      trained(model, plain_sgd(kGeneratorRate, 1, 40), data, {listed("learning-rate")}).epochs;
  std::set<std::string> expected = {"learning_rate/generator", "learning_rate/discriminator"};
  for (const std::string part :
       {"train/generator", "train/discriminator", "validation/generator", "validation/discriminator"})
    expected.insert({part + "/loss", part + "/score", part + "/decay"});
  EXPECT_EQ(names_of(epochs[0].metrics), expected);
  EXPECT_NEAR(*find(epochs[0].metrics, "learning_rate/generator"), kGeneratorRate, 1e-12);
  EXPECT_NEAR(*find(epochs[0].metrics, "learning_rate/discriminator"), kDiscriminatorRate, 1e-12);
  // The discriminator's loss in training is after the generator's step and before its own.
  const TwoUpdateModel start;
  const auto [g, c] = by_hand(batch_means(data, 40, 1), /*every=*/2);
  const auto loss = [](const Tensor& picture, const Tensor& scores, const Dataset& rows) {
    const auto mean = rows.range(0, rows.size()).inputs.flatten(1).mean(0);
    return (0.5 * scores.dot(scores) + scores.dot(picture - mean)).item<double>();
  };
  EXPECT_NEAR(*find(epochs[0].metrics, "train/discriminator/loss"), loss(g, start.scores, data.train), 1e-4);
  EXPECT_NEAR(*find(epochs[0].metrics, "validation/discriminator/loss"),
              loss(model->picture, model->scores, data.validation), 1e-4);
}

TEST(TwoUpdates, HaveNoMetricsOfAnEpochInWhichTheyWereNotTrained) {
  // An epoch is one step; the discriminator is trained in the second.
  const auto epochs = trained(adversarial(2), plain_sgd(kGeneratorRate, 2, 40), few_digits(40)).epochs;
  EXPECT_FALSE(find(epochs[0].metrics, "train/discriminator/loss"));
  EXPECT_TRUE(find(epochs[0].metrics, "validation/discriminator/loss"));
  EXPECT_TRUE(find(epochs[1].metrics, "train/discriminator/loss"));
}

TEST(TwoUpdates, LeaveTheNamesOfTheModelsOwn) {
  const auto data = few_digits(40);
  const auto model = adversarial();
  model->updates[1].name = kModelUpdate;
  const auto metrics = trained(model, plain_sgd(kGeneratorRate, 1, 40), data).epochs[0].metrics;
  for (const auto* name : {"train/loss", "validation/score", "train/generator/loss"})
    EXPECT_TRUE(find(metrics, name)) << name;
  const auto phase = model->phases().front();
  EXPECT_EQ(phase.main().name, kModelUpdate);
  EXPECT_EQ(adversarial()->phases().front().main().name, "generator");
}

/// The random scopes in which objectives were computed.
std::set<std::string> scopes_of(const std::shared_ptr<TwoUpdateModel>& model) {
  std::set<std::string> scopes;
  model->factor = [&](const Step& step) {
    scopes.insert(step.scope);
    return 1.0;
  };
  trained(model, plain_sgd(kGeneratorRate, 1, 40), few_digits(40));
  return scopes;
}

TEST(TwoUpdates, DrawOtherNumbers) {
  EXPECT_EQ(scopes_of(adversarial()), (std::set<std::string>{"generator/", "discriminator/"}));
  const auto x = at::zeros({2, 3});
  EXPECT_FALSE(at::equal(Step{.scope = "generator/"}.noise().uniform_like("z", x),
                         Step{.scope = "discriminator/"}.noise().uniform_like("z", x)));
}

TEST(TwoUpdates, AreMonitoredByTheMainOnesLossAndReducedTogether) {
  // Rates that do not change the losses by the least change, so that the plateau comes after epoch 2.
  const CallbackConfig plateau = {
      .callback = Plateau::Config{.base = {.min_delta = 1e9}, .patience = 1, .factor = 0.5}};
  const auto epochs = trained(adversarial(), plain_sgd(kGeneratorRate, 3, 40), few_digits(40),
                              {plateau, listed("learning-rate"), listed("early-stopping")})
                          .epochs;
  EXPECT_NEAR(*find(epochs[2].metrics, "learning_rate/generator"), kGeneratorRate / 2, 1e-12);
  EXPECT_NEAR(*find(epochs[2].metrics, "learning_rate/discriminator"), kDiscriminatorRate / 2, 1e-12);

  const CallbackConfig unknown = {.callback = Plateau::Config{.base = {.monitor = "validation/loss"}}};
  EXPECT_SAYS(message_of<Error>([&] { trained(adversarial(), {}, few_digits(40), {unknown}); }),
              "no metric \"validation/loss\"");
  const CallbackConfig known = {.callback =
                                    Plateau::Config{.base = {.monitor = "validation/discriminator/score"}}};
  trained(adversarial(), plain_sgd(kGeneratorRate, 1), few_digits(40), {known});
}

TEST(TwoUpdates, AreFrozenByName) {
  const auto data = few_digits(40);
  auto config = plain_sgd(kGeneratorRate, 1, 16);
  config.freeze = {"scores"};
  EXPECT_SAYS(message_of<Error>([&] { trained(adversarial(), config, data); }),
              "nothing is left to train in the phase \"train\" by its update \"discriminator\"");
  const auto model = adversarial();
  const auto extra = model->register_parameter("extra", at::ones({3}));
  model->updates[1].parameters.emplace_back("extra", extra);
  trained(model, config, data);
  EXPECT_TRUE(same_bits(model->scores, TwoUpdateModel().scores));
  EXPECT_FALSE(same_bits(model->picture, TwoUpdateModel().picture));
}

TEST(TwoUpdates, HaveALineEachInTheTrace) {
  const TemporaryFolder folder;
  trained(adversarial(2), plain_sgd(kGeneratorRate, 1, 20), few_digits(40), {listed("trace")},
          {folder.path(), {}});
  std::istringstream lines(read_file(folder / "trace.csv"));
  std::vector<std::string> beginnings;
  for (std::string line; std::getline(lines, line);)
    beginnings.push_back(line.substr(0, line.find(',', line.find(',') + 1)));
  EXPECT_EQ(beginnings, (std::vector<std::string>{"step,phase", "0,train/generator", "1,train/generator",
                                                  "1,train/discriminator"}));
}

TEST(TwoUpdates, RefusePhasesThatMakeNoSense) {
  const auto refusal = [](const std::function<void(std::vector<Update>&)>& change) {
    const auto model = adversarial();
    change(model->updates);
    return message_of<std::logic_error>([&] { trained(model, plain_sgd(0.1, 1), few_digits(40)); });
  };
  EXPECT_SAYS(refusal([](auto& updates) { updates[1].name = "generator"; }), "two updates are named");
  EXPECT_SAYS(refusal([](auto& updates) { updates[1].every = 0; }), "\"discriminator\" needs an `every`");
  EXPECT_SAYS(refusal([](auto& updates) { updates[1].clip_norm = 0; }), "\"discriminator\" needs an `every`");
  EXPECT_SAYS(refusal([](auto& updates) { updates[1].parameters = updates[0].parameters; }),
              "\"picture\" twice");
  const auto model = adversarial();
  model->updates[1].optimizer =
      Sgd::Config{.learning_rate = LinearSchedule::Config{.from = 0.1, .to = 0, .over = 100}};
  EXPECT_SAYS(message_of<Error>([&] { trained(model, plain_sgd(0.1, 1), few_digits(40)); }),
              "update \"discriminator\": optimizer");
}

// --- Interrupted and broken ---

/// Adam for one, momentum for the other, so that both have a state; batches of 16, 16 and 8.
std::shared_ptr<TwoUpdateModel> with_states() {
  const auto model = adversarial(2);
  model->updates[0].optimizer = Adam::Config{.learning_rate = 0.05};
  model->updates[1].optimizer = Sgd::Config{.learning_rate = 0.05, .momentum = 0.9};
  return model;
}

/// The tensors and metrics of two run folders are the same.
void expect_same_folders(const TemporaryFolder& a, const TemporaryFolder& b) {
  const auto x = SafetensorsFile::read(a / "checkpoints/last.safetensors"),
             y = SafetensorsFile::read(b / "checkpoints/last.safetensors");
  ASSERT_EQ(x.tensors().size(), y.tensors().size());
  for (const auto& tensor : x.tensors())
    EXPECT_TRUE(std::ranges::equal(tensor.bytes, y.find(tensor.name)->bytes)) << tensor.name;
  EXPECT_EQ(read_file(a / "metrics.jsonl"), read_file(b / "metrics.jsonl"));
}

const std::vector<CallbackConfig> kSaving = {checkpoint_every_step(),
                                             {.callback = WeightAverage::Config{.decay = 0.6}}};

TEST(TwoUpdates, ResumeToTheSameBits) {
  const auto data = few_digits(40);
  const auto config = plain_sgd(0.1, 3, 16);
  const TemporaryFolder whole;
  trained(with_states(), config, data, kSaving, {whole.path(), {}});
  const auto saved = SafetensorsFile::read(whole / "checkpoints/last.safetensors");
  for (const auto* name : {"optimizer.generator.picture.mean", "optimizer.discriminator.scores.velocity"})
    EXPECT_TRUE(saved.find(name)) << name;
  for (const std::int64_t step : {1, 2, 3, 5, 8}) {
    SCOPED_TRACE(step);
    const TemporaryFolder folder;
    auto interrupted = kSaving;
    interrupted.push_back(interrupt_at(step));
    {
      const Interruptible interruptible;
      trained(with_states(), config, data, interrupted, {folder.path(), {}});
    }
    trained(with_states(), config, data, kSaving, {folder.path(), folder / "checkpoints/last.safetensors"});
    expect_same_folders(folder, whole);
  }
}

/// A model whose discriminator has an infinite loss in this step of the phase.
std::shared_ptr<TwoUpdateModel> broken_in(std::int64_t step) {
  const auto model = with_states();
  model->factor = [step](const Step& at) {
    return at.training && at.in_phase + 1 == step && at.scope == "discriminator/" ? INFINITY : 1.0;
  };
  return model;
}

TEST(TwoUpdates, KeepTheStateBeforeTheOneThatFails) {
  // The generator has been trained in that step already, and is not trained in it again.
  const auto data = few_digits(40);
  for (const std::optional<std::int64_t> read_every : {std::optional<std::int64_t>(), {2}, {5}, {100}})
    for (const std::int64_t accumulate : {1, 2}) {
      SCOPED_TRACE("read every " + std::to_string(read_every.value_or(0)) + ", accumulate " +
                   std::to_string(accumulate));
      auto config = plain_sgd(0.1, 4, 8);  // 5 batches
      config.read_every = read_every;
      config.accumulate = accumulate;
      const TemporaryFolder whole, folder;
      trained(with_states(), config, data, kSaving, {whole.path(), {}});
      const auto message = message_of<Failure>([&] {
        trained(broken_in(4), config, data, kSaving, {folder.path(), {}});
      });
      EXPECT_SAYS(message, "the loss term \"discriminator/score\" became ");
      EXPECT_SAYS(message, "(step 4)");
      const auto last = folder / "checkpoints/last.safetensors";
      EXPECT_EQ(progress_of(last).step, 3);
      EXPECT_EQ(progress_of(last).update, 1);
      trained(with_states(), config, data, kSaving, {folder.path(), last});
      expect_same_folders(folder, whole);
    }
}

}  // namespace
}  // namespace aelab
