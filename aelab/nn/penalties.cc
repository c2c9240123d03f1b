#include "aelab/nn/penalties.h"

#include <ATen/ATen.h>

#include <array>

#include "aelab/nn/jacobian.h"

namespace aelab {
namespace {

void weight_field(Fields& f, Schedule& weight) {
  schedule_field(f, "weight", weight, "weight of the penalty in the objective", at_least(0))
      .also_known_as({"lambda", "beta", "strength", "coefficient", "coef"});
}

}  // namespace

void L1Penalty::Config::fields(Fields& f) { weight_field(f, weight); }

Tensor L1Penalty::value(const Pass& pass, const Parts&, const Step&) const {
  return pass.code.abs().flatten(1).sum(1);
}

std::span<const std::string_view> names(Networks) {
  static constexpr std::array<std::string_view, 3> kNames = {"both", "encoder", "decoder"};
  return kNames;
}

void WeightDecayPenalty::Config::fields(Fields& f) {
  weight_field(f, weight);
  f("networks", networks, "whose weights: both networks', the encoder's or the decoder's");
}

std::vector<Tensor> WeightDecayPenalty::weights(const Backbone& backbone) const {
  if (config_.networks != Networks::both) return backbone.weights_of(name_of(config_.networks));
  auto weights = backbone.parameters();
  std::erase_if(weights, [](const Tensor& parameter) { return parameter.dim() < 2; });
  return weights;
}

void WeightDecayPenalty::check(const Parts& parts) const {
  if (!weights(parts.backbone).empty()) return;
  const auto whose = std::string(name_of(config_.networks));
  throw FieldError("networks", config_.networks == Networks::both
                                   ? "the backbone has no weights: leave the penalty out"
                                   : "the backbone does not say which weights are the " + whose +
                                         "'s: choose \"both\", or another backbone");
}

Tensor WeightDecayPenalty::value(const Pass& pass, const Parts& parts, const Step&) const {
  auto sum = at::zeros({}, pass.code.options());
  for (const auto& weight : weights(parts.backbone)) sum = sum + weight.square().sum();
  return 0.5 * sum;
}

std::span<const std::string_view> names(ActivationEstimate) {
  static constexpr std::array<std::string_view, 2> kNames = {"batch", "running"};
  return kNames;
}

void KlSparsityPenalty::Config::fields(Fields& f) {
  weight_field(f, weight);
  f("target", target, "target mean activation of each unit", {.least = 0, .most = 1, .open = true})
      .also_known_as({"rho", "sparsity_target", "sparsity_level"});
  f("estimate", estimate, "batch: the mean over the batch; running: a running mean over batches");
  if (estimate == ActivationEstimate::running || f.describing())
    f("decay", decay, "decay of the running mean per batch", {.least = 0, .most = 1, .open = true});
}

void KlSparsityPenalty::check(const Parts& parts) const {
  const auto range = parts.bottleneck.range();
  if (range.least < 0 || range.most > 1)
    throw FieldError("../bottleneck",
                     "kl-sparsity compares activations with a probability, so codes must lie in [0, 1]: give "
                     "it the activation \"sigmoid\"");
}

void KlSparsityPenalty::build(const Shape& code) {
  if (config_.estimate == ActivationEstimate::batch) return;
  mean_ = register_buffer("mean", at::zeros({elements(code)}));
  seen_ = register_buffer("seen", at::zeros({}));
}

Tensor KlSparsityPenalty::value(const Pass& pass, const Parts&, const Step& step) const {
  constexpr double kClip = 1e-6;  // keeps the logarithms finite when a unit saturates
  auto mean = pass.code.flatten(1).mean(0);
  if (mean_.defined() && step.training) {
    // decay mean_ + (1 - decay) mean, over 1 - decay^(n + 1) because the running mean starts at zero. Its
    // gradient is that of the batch mean; otherwise it would be (1 - decay) times too small.
    const auto running = (mean_ * config_.decay + mean.detach() * (1 - config_.decay)) /
                         (1 - at::pow(config_.decay, seen_ + 1));
    mean = running + mean - mean.detach();
  }
  mean = mean.clamp(kClip, 1 - kClip);
  const double p = config_.target;
  return (p * (p / mean).log() + (1 - p) * ((1 - p) / (1 - mean)).log()).sum();
}

void KlSparsityPenalty::after_step(std::span<const Pass> passes) {
  if (!mean_.defined()) return;
  const at::NoGradGuard no_grad;
  std::vector<Tensor> codes;
  for (const auto& pass : passes) codes.push_back(pass.code.flatten(1));
  mean_.mul_(config_.decay).add_(at::cat(codes).mean(0), 1 - config_.decay);
  seen_.add_(1);
}

void ContractivePenalty::Config::fields(Fields& f) {
  weight_field(f, weight);
  f("estimate", estimate,
    "estimate the norm by Hutchinson's method; otherwise it is exact: in closed form for one dense layer, "
    "propagated from the code's side through deeper dense encoders, and for others by one backward pass for "
    "each code dimension");
  if (estimate || f.describing())
    f("directions", directions, "number of random directions of the estimate", at_least(1));
}

void ContractivePenalty::check(const Parts& parts) const { require_jacobian(parts, Config::kind); }

bool ContractivePenalty::needs_input_gradient(const Parts& parts) const {
  return config_.estimate || exact_jacobian_method(parts) == JacobianMethod::autograd;
}

Tensor ContractivePenalty::value(const Pass& pass, const Parts& parts, const Step& step) const {
  return config_.estimate ? estimated_jacobian_norm(pass, config_.directions, parts, step)
                          : squared_jacobian_norm(pass, parts, step);
}

std::string ContractivePenalty::method(const Parts& parts) const {
  return "the Jacobian's norm: " +
         in_words(config_.estimate ? JacobianMethod::hutchinson : exact_jacobian_method(parts));
}

void ContractiveHessianPenalty::Config::fields(Fields& f) {
  weight_field(f, weight);
  f("level", level, "standard deviation of the noise", above(0));
  f("samples", samples, "number of noise samples", at_least(1));
}

void ContractiveHessianPenalty::check(const Parts& parts) const { require_jacobian(parts, Config::kind); }

bool ContractiveHessianPenalty::needs_input_gradient(const Parts& parts) const {
  return exact_jacobian_method(parts) == JacobianMethod::autograd;
}

Tensor ContractiveHessianPenalty::value(const Pass& pass, const Parts& parts, const Step& step) const {
  const auto input = pass.input.detach();
  const auto noise =
      step.noise().normal_like("contractive-hessian", repeated(input, config_.samples), config_.samples);
  auto sum = at::zeros({input.size(0)}, pass.code.options());
  for (std::int64_t i = 0; i < config_.samples; ++i) {
    Pass near;
    near.input = at::add(input, sample(noise, i, config_.samples), config_.level)
                     .requires_grad_(pass.input.requires_grad());
    near.pre_code = parts.backbone.encode(near.input, step);
    near.code = parts.bottleneck.read(near.pre_code, step);
    sum = sum + squared_jacobian_distance(pass, near, parts, step);
  }
  return sum / config_.samples;
}

std::string ContractiveHessianPenalty::method(const Parts& parts) const {
  return "the Jacobian's change: " + in_words(exact_jacobian_method(parts));
}

}  // namespace aelab
