#include "aelab/evaluation/samplers/flow_sampler.h"

#include <ATen/ATen.h>

#include "aelab/core/signals.h"

namespace aelab {
namespace {

constexpr std::int64_t kFlowRows = 10'000;  // that pass the networks at once

Tensor log_flow_density(const MaskedFlow& flow, const Tensor& standardized) {
  const auto noise = flow.forward(standardized);
  return log_standard_normal(noise.values) + noise.log_determinant;
}

}  // namespace

std::vector<FlowSampler::Config> FlowSampler::Config::examples() {
  return {{.flow = {.layers = 3, .hidden = {24}}, .training = {.epochs = 40, .learning_rate = 5e-3}}};
}

void FlowSampler::make_flow(std::int64_t dimensions, std::int64_t seed) {
  Initializer initializer(seed, "flow sampler");
  flow_ = std::make_shared<MaskedFlow>(config_.flow, dimensions, /*context=*/0, initializer);
}

void FlowSampler::fit_codes(const Autoencoder&, const Tensor& given, std::int64_t seed) {
  require_rows(given, 10, "a flow");
  const auto codes = given.to(at::kDouble);
  const auto variance = codes.var(0, /*unbiased=*/false);
  mean_ = codes.mean(0);
  deviation_ = (variance + 1e-6 * variance.mean().clamp_min(1e-12)).sqrt();
  make_flow(codes.size(1), seed);
  const auto rows = hold_out(((codes - mean_) / deviation_).to(at::kFloat), config_.training.held_out, seed);
  train_density(
      *flow_, rows, [&](const Tensor& some) { return log_flow_density(*flow_, some); }, config_.training,
      seed);
  flow_->to(at::kDouble);
}

Tensor FlowSampler::log_density(const Tensor& codes) const {
  const at::NoGradGuard no_grad;
  const auto standardized = (codes.to(at::kDouble) - mean_) / deviation_;
  std::vector<Tensor> parts;
  for (const auto& some : standardized.split(kFlowRows)) {
    StopSignals::check();
    parts.push_back(log_flow_density(*flow_, some));
  }
  return at::cat(parts) - deviation_.log().sum();
}

Tensor FlowSampler::draw(std::int64_t count, std::int64_t seed) const {
  const at::NoGradGuard no_grad;
  const auto normal =
      Noise(seed, /*pass=*/0).normal_like("sampler", at::empty({count, mean_.size(0)}, at::kDouble));
  std::vector<Tensor> parts;
  for (const auto& some : normal.split(kFlowRows)) {
    StopSignals::check();
    parts.push_back(flow_->inverse(some));
  }
  return at::cat(parts) * deviation_ + mean_;
}

NamedTensors FlowSampler::state() const {
  auto state = network_state(*flow_);
  state.insert(state.begin(), {{"mean", mean_}, {"deviation", deviation_}});
  return state;
}

void FlowSampler::load(const Autoencoder&, const NamedTensors& state) {
  mean_ = tensor_named(state, "mean");
  deviation_ = tensor_named(state, "deviation");
  make_flow(mean_.size(0), /*seed=*/0);
  load_network(*flow_, state);
}

}  // namespace aelab
