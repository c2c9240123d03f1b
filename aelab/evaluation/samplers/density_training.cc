#include "aelab/evaluation/samplers/density_training.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>

#include "aelab/core/random.h"
#include "aelab/core/signals.h"

namespace aelab {

void DensityTraining::fields(Fields& f) {
  f("epochs", epochs, "maximum number of epochs", between(1, 1e6)).also_known_as({"max_epochs", "n_epochs"});
  f("batch_size", batch_size, "codes of a training step", between(1, 1e6));
  rate_field(f, learning_rate, "learning rate of Adam");
  f("held_out", held_out, "share of the codes that are not trained on and tell when to stop",
    {.least = 0, .most = 1, .open = true})
      .also_known_as({"validation_fraction", "validation_split"});
  f("patience", patience, "epochs without a larger held-out likelihood after which training stops",
    at_least(1))
      .also_known_as({"n_iter_no_change"});
}

HeldOutRows hold_out(const Tensor& rows, double share, std::int64_t seed) {
  const auto count = rows.size(0);
  const auto some = std::clamp<std::int64_t>(std::llround(share * static_cast<double>(count)), 1, count - 1);
  const auto order = at::randperm(count, random_generator(seed, "held out"), at::kLong);
  return {.training = rows.index_select(0, order.slice(0, some)),
          .held_out = rows.index_select(0, order.slice(0, 0, some))};
}

namespace {

std::vector<Tensor> values_of_parameters(const NamedTensors& parameters) {
  std::vector<Tensor> values;
  for (const auto& item : parameters) values.push_back(item.second);
  return values;
}

std::vector<Tensor> copies_of(const std::vector<Tensor>& tensors) {
  std::vector<Tensor> copies;
  for (const auto& tensor : tensors) copies.push_back(tensor.detach().clone());
  return copies;
}

/// The mean negative log density of a batch and its gradients, in pieces.
Evaluation negative_density(const Tensor& batch, const LogDensity& log_density,
                            const std::vector<Tensor>& parameters, std::int64_t rows_at_once) {
  const auto rows = static_cast<double>(batch.size(0));
  Evaluation whole;
  for (const auto& piece : batch.split(rows_at_once)) {
    const auto loss = -log_density(piece).sum() / rows;
    auto gradients = torch::autograd::grad({loss}, parameters);
    if (!whole.loss.defined()) {
      whole = {.loss = loss.detach(), .gradients = std::move(gradients)};
      continue;
    }
    whole.loss += loss.detach();
    for (std::size_t i = 0; i < gradients.size(); ++i) whole.gradients[i] = whole.gradients[i] + gradients[i];
  }
  return whole;
}

double mean_density(const Tensor& rows, const LogDensity& log_density, std::int64_t rows_at_once) {
  const at::NoGradGuard no_grad;
  double sum = 0;
  for (const auto& piece : rows.split(std::min<std::int64_t>(rows_at_once, 1000)))
    sum += log_density(piece).sum(at::kDouble).item<double>();
  return sum / static_cast<double>(rows.size(0));
}

}  // namespace

void train_density(torch::nn::Module& module, const HeldOutRows& rows, const LogDensity& log_density,
                   const DensityTraining& training, std::int64_t seed, std::int64_t rows_at_once) {
  const at::AutoGradMode gradients(true);
  const auto named = parameters_of(module);
  const auto parameters = values_of_parameters(named);
  Adam adam({.learning_rate = training.learning_rate}, named);
  const auto count = rows.training.size(0);
  const auto steps = (count + training.batch_size - 1) / training.batch_size;
  Step step{.training = true, .phase_steps = steps * training.epochs};
  auto best = mean_density(rows.held_out, log_density, rows_at_once);
  auto kept = copies_of(parameters);
  for (std::int64_t epoch = 0, waited = 0; epoch < training.epochs && waited < training.patience; ++epoch) {
    const auto order =
        at::randperm(count, random_generator(seed, "order of codes", {.epoch = epoch}), at::kLong);
    for (const auto& places : order.split(training.batch_size)) {
      StopSignals::check();
      const auto batch = rows.training.index_select(0, places);
      adam.step([&] { return negative_density(batch, log_density, parameters, rows_at_once); }, step);
      ++step.in_phase;
    }
    const auto reached = mean_density(rows.held_out, log_density, rows_at_once);
    if (!std::isfinite(reached)) break;
    ++waited;
    if (reached <= best) continue;
    best = reached;
    kept = copies_of(parameters);
    waited = 0;
  }
  const at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i].copy_(kept[i]);
}

NamedTensors network_state(const torch::nn::Module& network) {
  NamedTensors state;
  for (const auto& [name, tensor] : parameters_of(network))
    state.emplace_back("network." + name, tensor.detach().to(at::kFloat));
  return state;
}

void load_network(torch::nn::Module& network, const NamedTensors& state) {
  const at::NoGradGuard no_grad;
  for (auto& [name, tensor] : parameters_of(network)) {
    const auto& saved = tensor_named(state, "network." + name);
    if (saved.sizes() != tensor.sizes())
      throw Error("the sampler's state has a tensor \"network." + name +
                  "\" of another shape: it is another sampler's");
    tensor.copy_(saved);
  }
  network.to(at::kDouble);
}

}  // namespace aelab
