// The supervised autoencoder in training: averages of its terms, and what it learns.

#include <ATen/ATen.h>

#include "aelab/models/supervised.h"
#include "tests/training/models.h"

namespace aelab {
namespace {

/// The metrics of an epoch with a learning rate of 0.
NamedValues measured_epoch(std::int64_t rows, std::int64_t batch, std::int64_t accumulate = 1) {
  const auto data = few_digits(rows);
  const auto model =
      std::make_shared<Supervised>(Supervised::Config{.base = {.code = 6}}, Context(data, /*model_seed=*/3));
  TrainerConfig config{.epochs = 1,
                       .batch_size = batch,
                       .optimizer = Sgd::Config{.learning_rate = 0.},
                       .device = Device::cpu,
                       .threads = 1};
  config.accumulate = accumulate;
  const Trainer trainer(config, {without("progress")}, 4);
  return trainer.fit(*model, data).epochs.front().metrics;
}

TEST(SupervisedTraining, AveragesOverRowsWhateverTheBatches) {
  const auto whole = measured_epoch(50, 50);
  for (const auto& [batch, accumulate] : {std::pair<std::int64_t, std::int64_t>{7, 1}, {8, 3}, {25, 2}}) {
    SCOPED_TRACE("batches of " + std::to_string(batch));
    const auto ragged = measured_epoch(50, batch, accumulate);
    for (const auto& name : {"train/classification", "train/error", "train/loss"})
      EXPECT_NEAR(*find(ragged, name), *find(whole, name), 1e-5 * std::abs(*find(whole, name))) << name;
  }
}

TEST(SupervisedTraining, LearnsTheClassesOfDigits) {
  const auto digits = open_dataset("digits").split({.validation = 200, .test = 400}, 1);
  const auto model = std::make_shared<Supervised>(
      Supervised::Config{.base = {.code = 16, .likelihood = GaussianLikelihood::Config{.deviation = 100}}},
      Context(digits, /*model_seed=*/3));
  Trainer({.epochs = 20,
           .batch_size = 64,
           .optimizer = Adam::Config{.learning_rate = 3e-3},
           .device = Device::cpu,
           .threads = 1},
          {without("progress")}, 4)
      .fit(*model, digits);
  model->eval();
  const auto test = digits.test.range(0, digits.test.size());
  const auto accuracy = (model->classify(test.inputs) == test.labels).to(at::kDouble).mean().item<double>();
  std::printf("accuracy on digits: %.4f\n", accuracy);
  EXPECT_GT(accuracy, 0.94);
  EXPECT_TRUE(model->classifies() && model->reconstructs());
}

}  // namespace
}  // namespace aelab
