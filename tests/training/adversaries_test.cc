// Two updates of models with a discriminator, in training: their order, their signs, and which of them
// chooses the best epoch.

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>

#include "aelab/models/adversarial.h"
#include "aelab/models/factor_vae.h"
#include "tests/training/models.h"

namespace aelab {
namespace {

constexpr double kModelRate = 0.02, kAdversaryRate = 0.3;
constexpr std::int64_t kTrainingSeed = 9, kBatchRows = 40;

template <class Model>
std::shared_ptr<Model> with_discriminator(double rate = kAdversaryRate, double beta_of_latent = 0) {
  typename Model::Config config{.base = {.code = 3}};
  config.discriminator = {.hidden = {8}, .optimizer = Sgd::Config{.learning_rate = rate}};
  if constexpr (requires { config.latent; }) config.latent.beta = beta_of_latent;
  auto model = std::make_shared<Model>(config, Context(Shape{1, 8, 8}, /*model_seed=*/3));
  shake(*model, 0.2);
  return model;
}

/// The update's objective for a batch, at this step but for the scope of its random numbers.
Terms terms_of_update(Autoencoder& model, std::size_t update, const Batch& batch, Step step) {
  const auto phase = model.phases().front();
  step.scope = phase.prefix(phase.updates[update]);
  Pass pass;
  return phase.updates[update].objective(batch, step, pass);
}

/// The parameters of an update after a plain step.
NamedTensors stepped(Autoencoder& model, std::size_t update, const Batch& batch, const Step& step,
                     double rate) {
  const auto named = model.phases().front().updates[update].parameters;
  std::vector<Tensor> parameters;
  for (const auto& item : named) parameters.push_back(item.second);
  const auto total = terms_of_update(model, update, batch, step).total();
  const auto gradients = torch::autograd::grad({total}, parameters);
  NamedTensors after;
  for (std::size_t i = 0; i < parameters.size(); ++i)
    after.emplace_back(named[i].first, (parameters[i] - rate * gradients[i]).detach());
  return after;
}

void put(Autoencoder& model, const NamedTensors& values) {
  const at::NoGradGuard no_grad;
  for (const auto& [name, value] : values) model.named_parameters()[name].copy_(value);
}

double largest_difference(const Autoencoder& model, const NamedTensors& values) {
  double largest = 0;
  for (const auto& [name, value] : values)
    largest = std::max(largest, (model.named_parameters()[name] - value).abs().max().template item<double>());
  return largest;
}

/// The first step of training on one batch of all rows.
template <class Model>
void expect_discriminator_sees_the_stepped_model() {
  const auto data = few_digits(kBatchRows);
  const auto trained = with_discriminator<Model>(), by_hand = with_discriminator<Model>(),
             stale = with_discriminator<Model>();
  // The batch and its step are those of the trainer.
  struct Watcher : Callback {
    void batch_passed(Training&, const Update&, const Batch& some, const Pass&) override { batch = some; }
    Batch batch;
  };
  const auto watcher = std::make_shared<Watcher>();
  Trainer trainer(plain_sgd(kModelRate, 1, kBatchRows), {without("progress")}, kTrainingSeed);
  trainer.watch(watcher);
  trainer.fit(*trained, data);

  const Step step{.seed = kTrainingSeed,
                  .training = true,
                  .in_phase = 0,
                  .phase_steps = 1,
                  .set_size = kBatchRows,
                  .rows = watcher->batch.rows};
  const auto model_after = stepped(*by_hand, 0, watcher->batch, step, kModelRate);
  const auto of_stale_values = stepped(*stale, 1, watcher->batch, step, kAdversaryRate);
  put(*by_hand, model_after);
  const auto of_new_values = stepped(*by_hand, 1, watcher->batch, step, kAdversaryRate);
  EXPECT_LT(largest_difference(*trained, model_after), 1e-5);
  EXPECT_LT(largest_difference(*trained, of_new_values), 1e-5);
  EXPECT_GT(largest_difference(*trained, of_stale_values), 1e-4);
}

TEST(WithDiscriminators, TrainThemOnWhatTheModelsStepHasChanged) {
  expect_discriminator_sees_the_stepped_model<Adversarial>();
  expect_discriminator_sees_the_stepped_model<FactorVae>();
}

}  // namespace
}  // namespace aelab
