// Trains the convolutional autoencoder of Golan (9.A) on MNIST for five epochs and prints its reconstruction
// metrics.

#include <cstdio>

#include "aelab/aelab.h"

int main() try {
  const std::int64_t seed = 1;
  aelab::keep_freed_memory();
  const auto data = aelab::open_dataset("mnist");
  const auto split = data.split({.validation = 10000}, seed);

  const aelab::Convolutional::Config config{.base = {.likelihood = aelab::BernoulliLikelihood::Config{}}};
  const auto model = std::make_shared<aelab::Convolutional>(config, aelab::Context(data.shape(), seed));

  const aelab::Trainer trainer(
      {.epochs = 5, .optimizer = aelab::Adam::Config{.learning_rate = 1e-3}},
      {{aelab::EarlyStopping::Config{.patience = 3}}, {aelab::ProgressBar::Config{}}}, seed);
  trainer.fit(*model, split);

  for (const auto& [metric, value] : aelab::evaluate(
           *model, split.test, split, {aelab::Reconstruction::Config{}, aelab::Accuracy::Config{}}))
    std::printf("%-34s %s\n", metric.name.c_str(), value ? std::to_string(*value).c_str() : "not applicable");
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
