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

/// A generator and a discriminator whose gradients are known: a picture g that is to score high, c . g, and
/// scores c that are to be higher for pictures x of the data than for g. With decay of both, the objectives
/// are |g|^2 / 2 - c . g, with the gradient g - c for g, and |c|^2 / 2 + c . (g - mean x), with the gradient
/// c + g - mean x for c. Each passes through the parameters of the other.
class TwoUpdateModel : public Dense {
 public:
  TwoUpdateModel() : Dense({.base = {.code = 5}}, Context({1, 8, 8}, 1)) {
    auto random = fixed_generator(3);
    picture = register_parameter("picture", at::empty({64}).normal_(0, 1, random));
    scores = register_parameter("scores", at::empty({64}).normal_(0, 1, random));
    updates = {{.name = "generator",
                .parameters = {{"picture", picture}},
                .objective = {},
                .terms = {{"score"}, {"decay"}}},
               {.name = "discriminator",
                .parameters = {{"scores", scores}},
                .objective = {},
                .terms = {{"score"}, {"decay"}}}};
  }
  std::vector<Phase> phases() override {
    auto made = updates;
    made[0].objective = [this](const Batch& batch, const Step& step, Pass& pass) {
      return objective(picture, -at::mv(picture.expand({batch.size(), 64}), scores), batch, step, pass);
    };
    made[1].objective = [this](const Batch& batch, const Step& step, Pass& pass) {
      return objective(scores, at::mv(picture - batch.inputs.flatten(1), scores), batch, step, pass);
    };
    return {{.name = "train", .updates = std::move(made)}};
  }

  Tensor picture, scores;
  std::vector<Update> updates;                     ///< without their objectives
  std::function<double(const Step&)> factor = {};  ///< of the scores in both objectives; by default 1

 private:
  Terms objective(const Tensor& own, const Tensor& score, const Batch& batch, const Step& step,
                  Pass& pass) const {
    pass.target = pass.input = batch.inputs;
    Terms terms;
    terms.add("score", factor ? score * factor(step) : score);
    terms.add("decay", 0.5 * own.square().sum(), /*weight=*/1, Additivity::constant);
    return terms;
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
