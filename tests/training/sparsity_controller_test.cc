// The controller of sparsity: its first updates by hand, and whether it reaches what it is to reach.

#include "aelab/training/callbacks/sparsity_controller.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "aelab/models/dictionaries.h"
#include "aelab/training/monitor.h"
#include "tests/training/models.h"

namespace aelab {
namespace {

constexpr std::int64_t kRowLength = 16, kVectors = 48;

/// Nonnegative combinations of a few of 32 directions.
Split combinations() {
  auto random = fixed_generator(2);
  const auto directions = at::empty({32, kRowLength}).normal_(0, 1, random);
  const auto make = [&](std::int64_t rows) {
    const auto active = at::empty({rows, 32}).uniform_(0, 1, random) < 0.12;
    const auto sizes = at::empty({rows, 32}).uniform_(0.5, 1.5, random);
    return Dataset::from_tensors(at::matmul(active * sizes, directions / directions.norm(2, 1, true)), {});
  };
  return {make(1024), make(256), make(64)};
}

std::shared_ptr<Autoencoder> variant_of(const std::string& text, std::int64_t seed = 1) {
  Choice<Autoencoder> variant;
  read_config(nlohmann::json::parse(text), variant, "model");
  return Autoencoder::make(variant, Context(Shape{kRowLength}, seed));
}

std::shared_ptr<Autoencoder> l1_variant(const std::string& more = "") {
  return variant_of(R"({"variant": "l1-dictionary", "code": 48, "revive": false)" + more + "}");
}

/// A pass whose rows have these numbers of active elements.
Pass pass_of(const std::vector<std::int64_t>& numbers) {
  Pass pass;
  const auto column = at::arange(kVectors), wanted = at::tensor(numbers);
  pass.code = (column < wanted.unsqueeze(1)).to(at::kFloat) * 0.5;
  return pass;
}

TEST(SparsityController, UpdatesTheScaleAsComputedByHand) {
  const auto model = l1_variant();
  const auto data = combinations();
  Training training(*model, data, {});
  SparsityController controller({.l0 = 2, .decay = 0.5, .rate = 0.1});
  controller.phase_begin(training);
  const auto step = [&](const std::vector<std::vector<std::int64_t>>& batches) {
    for (const auto& batch : batches)
      controller.batch_passed(training, training.phase().main(), {}, pass_of(batch));
    controller.step_end(training);
    return std::log(model->sparsity_scale().item<double>());
  };
  // Means over rows: 12 / 4, 1 / 2, 8, 30. Averages: 1.5 / .5, 1 / .75, 4.5 / .875, 17.25 / .9375.
  EXPECT_NEAR(step({{3, 1, 2}, {6}}), 0.1 * std::log(1.5), 1e-6);
  EXPECT_NEAR(step({{0, 1}}), 0.1 * (std::log(1.5) + std::log(2. / 3)), 1e-6);
  const double third = 0.1 * std::log(4.5 / 0.875 / 2);
  EXPECT_NEAR(step({{8}}), third, 1e-6);
  EXPECT_NEAR(step({{30}}), third + 0.1, 1e-6);  // log(9.2), at most 1
  training.progress.phase_step = 4;
  controller.epoch_end(training);
  EXPECT_NEAR(*find(training.metrics, "train/sparsity-scale"), std::exp(third + 0.1), 1e-6);
  EXPECT_NEAR(*find(training.metrics, "train/active-elements"), 17.25 / 0.9375, 1e-9);
}

TEST(SparsityController, LeavesSkippedStepsOut) {
  const auto model = l1_variant();
  const auto data = combinations();
  Training training(*model, data, {});
  SparsityController controller({.l0 = 2, .decay = 0.5, .rate = 0.1});
  controller.phase_begin(training);
  training.found_inf = at::ones({});
  controller.batch_passed(training, training.phase().main(), {}, pass_of({40, 40}));
  controller.step_end(training);
  EXPECT_EQ(model->sparsity_scale().item<double>(), 1);
  training.found_inf = at::zeros({});
  controller.batch_passed(training, training.phase().main(), {}, pass_of({3}));
  controller.step_end(training);
  EXPECT_NEAR(model->sparsity_scale().item<double>(), std::pow(1.5, 0.1), 1e-6);
}

TEST(SparsityController, LetsEpochsCountThatEndNearItsNumber) {
  const auto model = l1_variant();
  const auto data = combinations();
  Training training(*model, data, {});
  const auto controller =
      std::make_shared<SparsityController>(SparsityController::Config{.l0 = 20, .decay = 1e-6, .rate = 0.1});
  training.callbacks = {controller};
  controller->phase_begin(training);
  Monitor monitor({});
  const auto improved = [&](std::int64_t active, double loss) {
    controller->batch_passed(training, training.phase().main(), {}, pass_of({active}));
    controller->step_end(training);
    ++training.progress.phase_step;
    ++training.progress.phase_epoch;
    training.metrics = {{"validation/loss", loss}};
    return monitor.improved(training);
  };
  EXPECT_FALSE(improved(30, 1));
  EXPECT_TRUE(improved(21, 5));
  EXPECT_FALSE(improved(23, 2));
  EXPECT_TRUE(improved(19, 4));
  EXPECT_EQ(monitor.best(), 4);
}

TEST(SparsityController, ScalesTheTermsOfSparsityAlone) {
  for (const std::string text :
       {R"("variant": "l1-dictionary", "weight": 0.3)", R"("variant": "gated", "weight": 0.3)",
        R"("variant": "jump-relu", "weight": 0.3, "threshold": 0.1)"}) {
    const auto model = variant_of("{\"code\": 48, \"revive\": false, " + text + "}");
    const auto batch = combinations().train.range(0, 32);
    const auto loss = [&](double scale) {
      const at::NoGradGuard no_grad;
      model->sparsity_scale().fill_(scale);
      Pass pass;
      const auto terms = model->loss(batch, Step{.training = true}, pass);
      double sparsity = 0;
      for (const auto& term : terms.all())
        if (term.name == "weighted-l1" || term.name == "l0") sparsity += term.value.item<double>();
      return std::pair(terms.total().item<double>(), sparsity);
    };
    const auto [one, sparsity] = loss(1);
    EXPECT_GT(sparsity, 0);
    EXPECT_NEAR(loss(5).first, one + 0.3 * 4 * sparsity, 1e-5 * sparsity) << text;
  }
}

TEST(SparsityController, ReachesItsNumberOfActiveElements) {
  const auto data = combinations();
  struct Controlled {
    std::string text;
    double rate;
    std::int64_t epochs;
  };
  // Thresholds that have silenced an element do not bring it back: there the weight has to move more slowly.
  for (const auto& [text, rate, epochs] :
       {Controlled{R"("variant": "l1-dictionary", "weight": 0.3)", 0.01, 80},
        {R"("variant": "gated", "weight": 0.3)", 0.01, 80},
        {R"("variant": "jump-relu", "weight": 0.02, "threshold": 0.05, "bandwidth": 0.2)", 0.003, 160}}) {
    SCOPED_TRACE(text);
    for (const double l0 : {5., 9.}) {
      const auto model = variant_of("{\"code\": 48, \"revive\": false, " + text + "}");
      CallbackConfig controller{.callback = SparsityController::Config{.l0 = l0, .rate = rate}};
      TrainerConfig config{.epochs = epochs,
                           .batch_size = 32,
                           .optimizer = Adam::Config{.learning_rate = 2e-3},
                           .device = Device::cpu,
                           .threads = 1};
      const auto history = Trainer(config, {without("progress"), controller}, 1).fit(*model, data);
      EXPECT_NEAR(*find(history.epochs.back().metrics, "train/active-elements"), l0, 0.05 * l0);
      EXPECT_TRUE(history.cautions.empty());
      // As counted anew, over all rows at once.
      const at::NoGradGuard no_grad;
      const double counted =
          (model->encode(data.train.range(0, 1024)) != 0).sum(1).to(at::kDouble).mean().item<double>();
      EXPECT_NEAR(counted, l0, 0.05 * l0);
    }
  }
}

TEST(SparsityController, CautionsWhereItEndsElsewhere) {
  const auto data = combinations();
  CallbackConfig controller{.callback = SparsityController::Config{.l0 = 3, .rate = 1e-5}};
  TrainerConfig config{
      .epochs = 2, .batch_size = 64, .optimizer = Adam::Config{}, .device = Device::cpu, .threads = 1};
  const auto model = l1_variant(R"(, "weight": 0.0001)");
  const auto history = Trainer(config, {without("progress"), controller}, 1).fit(*model, data);
  ASSERT_EQ(history.cautions.size(), 1U);
  EXPECT_SAYS(history.cautions.front(), "caution: the sparsity-controller ended at");
  EXPECT_SAYS(history.cautions.front(), "not at 3: train longer");
}

TEST(SparsityController, IsRefusedWhereKOrATargetSetsTheNumber) {
  const auto data = combinations();
  const auto refusal = [&](const std::string& text, double l0 = 4) {
    const auto model = variant_of("{\"code\": 48, " + text + "}");
    const Trainer trainer({}, {without("progress"), {.callback = SparsityController::Config{.l0 = l0}}}, 1);
    return message_of<Error>([&] { (void)trainer.check(*model, data, /*with_folder=*/false); });
  };
  for (const std::string kind : {"top-k", "batch-top-k", "matching-pursuit"}) {
    const auto message = refusal("\"variant\": \"" + kind + "\", \"k\": 4");
    EXPECT_SAYS(message, "callbacks: sparsity-controller changes the weight of the sparsity");
    EXPECT_SAYS(message, "the bottleneck " + kind + " keeps \"k\" elements: set that");
  }
  EXPECT_SAYS(refusal(R"("variant": "jump-relu", "target_l0": 3)"), "reaches its own \"target_l0\"");
  EXPECT_SAYS(refusal(R"("variant": "dense")"), "or add the penalty \"weighted-l1\"");
  EXPECT_SAYS(refusal(R"("variant": "gated")", 49), "l0 is 49, but a code has 48 elements");
  EXPECT_EQ(refusal(R"("variant": "gated")"), "nothing was thrown");
}

}  // namespace
}  // namespace aelab
