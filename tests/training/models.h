#pragma once

// Small models and callbacks for the tests of training.

#include <limits>
#include <nlohmann/json.hpp>

#include "aelab/models/dense.h"
#include "aelab/nn/likelihoods.h"
#include "aelab/training/callbacks/early_stopping.h"
#include "aelab/training/callbacks/save_checkpoint.h"
#include "tests/torch_support.h"

namespace aelab {

inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// A dense autoencoder with squared error, its input 1x8x8.
inline std::shared_ptr<Dense> small_dense(std::int64_t seed = 1) {
  return std::make_shared<Dense>(
      Dense::Config{.base = {.code = 5, .likelihood = GaussianLikelihood::Config{}}},
      Context({1, 8, 8}, seed));
}

/// The same model trained twice over: what a variant with two phases looks like to the trainer.
class TwoPhases : public Dense {
 public:
  TwoPhases() : Dense({.base = {.code = 5}}, Context({1, 8, 8}, 1)) {}
  std::vector<Phase> phases() override {
    auto first = Dense::phases().front(), second = first;
    first.name = "first";
    second.name = "second";
    return {first, second};
  }
};

inline CallbackConfig checkpoint_every_step(MonitorConfig monitor = {}) {
  return {.callback = SaveCheckpoint::Config{.base = std::move(monitor), .seconds = 0}};
}

/// Steps of the given size, so that everything but the learning rate is the simplest.
inline TrainerConfig plain_sgd(double learning_rate, std::int64_t epochs, std::int64_t batch_size = 32) {
  return {.epochs = epochs,
          .batch_size = batch_size,
          .optimizer = Sgd::Config{.learning_rate = learning_rate},
          .device = Device::cpu,
          .threads = 1};
}

inline bool same_state(const torch::nn::Module& a, const torch::nn::Module& b) {
  const auto x = state_of(a), y = state_of(b);
  for (std::size_t i = 0; i < x.size(); ++i)
    if (!same_bits(x[i].second, y[i].second)) return false;
  return x.size() == y.size();
}

}  // namespace aelab
