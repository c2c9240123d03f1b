#include "aelab/evaluation/samplers/autoregressive_sampler.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "aelab/core/signals.h"

namespace aelab {
namespace {

constexpr std::int64_t kMostVectors = 65'536;  // of a codebook, each of which has a logit at each place

/// The logarithms of each place's frequencies of indices [n, places], with a half added to each count:
/// [places, codes].
Tensor log_frequencies(const Tensor& indices, std::int64_t codes) {
  std::vector<Tensor> each;
  for (std::int64_t place = 0; place < indices.size(1); ++place)
    each.push_back(at::bincount(indices.select(1, place), /*weights=*/{}, codes));
  const auto counts = at::stack(each).to(at::kDouble) + 0.5;
  return (counts / counts.sum(1, /*keepdim=*/true)).log();
}

}  // namespace

std::vector<AutoregressiveSampler::Config> AutoregressiveSampler::Config::examples() {
  return {{.network = {.embedding = 8, .hidden = {16}}, .training = {.epochs = 40, .learning_rate = 5e-3}}};
}

std::string AutoregressiveSampler::unsuited(const Autoencoder& model) const {
  const auto vectors = model.parts().bottleneck.codebook_size();
  if (vectors == 0)
    return "this model's codes are not made of a codebook's vectors, whose indices this sampler draws: "
           "choose \"gaussian\", \"mixture\", \"kde\" or \"flow\"";
  if (vectors > kMostVectors)
    return "this model's codebook has " + std::to_string(vectors) + " vectors, more than the " +
           std::to_string(kMostVectors) +
           " that this sampler can tell apart: train one with fewer codes or levels";
  return {};
}

void AutoregressiveSampler::make_network(std::int64_t places, std::int64_t seed) {
  Initializer initializer(seed, "autoregressive sampler");
  places_ = places;
  network_ = std::make_shared<IndexNetwork>(config_.network, places, codebook_size(), initializer);
}

std::int64_t AutoregressiveSampler::rows_at_once() const {
  constexpr std::int64_t kLogits = 1 << 24;
  return std::max<std::int64_t>(1, kLogits / (places_ * codebook_size()));
}

Tensor AutoregressiveSampler::indices_of(const Tensor& codes) const {
  constexpr std::int64_t kRows = 100;
  const at::NoGradGuard no_grad;
  std::vector<Tensor> indices;
  for (const auto& some : codes.split(kRows)) {
    StopSignals::check();
    indices.push_back(model_->parts().bottleneck.indices_of(as_codes_of(*model_, some)).cpu());
  }
  return at::cat(indices);
}

Tensor AutoregressiveSampler::codes_of(const Tensor& indices) const {
  const at::NoGradGuard no_grad;
  const auto device = model_->parameters().front().device();
  return model_->parts().bottleneck.from_indices(indices.to(device)).flatten(1).cpu().to(at::kDouble);
}

void AutoregressiveSampler::fit_codes(const Autoencoder& model, const Tensor& codes, std::int64_t seed) {
  require_rows(codes, 2, "an autoregressive distribution");
  model_ = &model;
  const auto rows = hold_out(indices_of(codes), config_.training.held_out, seed);
  make_network(rows.training.size(1), seed);
  network_->set_biases(log_frequencies(rows.training, codebook_size()));
  train_density(
      *network_, rows, [&](const Tensor& some) { return network_->log_probabilities(some).sum(1); },
      config_.training, seed, rows_at_once());
  network_->to(at::kDouble);
}

Tensor AutoregressiveSampler::log_density(const Tensor& codes) const {
  const at::NoGradGuard no_grad;
  std::vector<Tensor> parts;
  for (const auto& some : indices_of(codes).split(rows_at_once())) {
    StopSignals::check();
    parts.push_back(network_->log_probabilities(some).sum(1));
  }
  return at::cat(parts);
}

Tensor AutoregressiveSampler::draw(std::int64_t count, std::int64_t seed) const {
  const at::NoGradGuard no_grad;
  const auto uniform =
      Noise(seed, /*pass=*/0).uniform_like("index", at::empty({count, places_}, at::kDouble));
  std::vector<Tensor> codes;
  for (const auto& draws : uniform.split(std::min<std::int64_t>(rows_at_once(), 1000))) {
    auto indices = at::zeros(draws.sizes(), at::kLong);
    for (std::int64_t place = 0; place < places_; ++place) {
      StopSignals::check();
      const auto up_to = network_->log_probabilities_at(indices, place).exp().cumsum(1);
      const auto drawn = (draws.slice(1, place, place + 1) >= up_to).sum(1);
      indices.select(1, place).copy_(drawn.clamp_max(codebook_size() - 1));
    }
    codes.push_back(codes_of(indices));
  }
  return at::cat(codes);
}

void AutoregressiveSampler::load(const Autoencoder& model, const NamedTensors& state) {
  if (const auto reason = unsuited(model); !reason.empty()) throw Error(reason);
  model_ = &model;
  make_network(tensor_named(state, "network.biases").size(0), /*seed=*/0);
  load_network(*network_, state);
}

}  // namespace aelab
