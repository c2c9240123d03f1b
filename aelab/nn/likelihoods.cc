#include "aelab/nn/likelihoods.h"

#include <ATen/ATen.h>

#include <array>
#include <cmath>

#include "aelab/nn/cross_entropy.h"

namespace aelab {
namespace {

/// The stream that inputs are drawn from.
constexpr std::string_view kInputStream = "likelihood";

}  // namespace

Tensor BernoulliLikelihood::negative_log(const Tensor& output, const Tensor& target) const {
  return cross_entropy_of_logits(output, target);
}

bool BernoulliLikelihood::is_distribution_of(const Tensor& target) const {
  return (target == 0).logical_or(target == 1).all().item<bool>();
}

Tensor BernoulliLikelihood::mean(const Tensor& output) const { return at::sigmoid(output); }

Tensor BernoulliLikelihood::draw(const Tensor& output, const Step& step) const {
  const auto probability = mean(output);
  return (step.noise().uniform_like(kInputStream, probability) < probability).to(output.scalar_type());
}

std::span<const std::string_view> names(GaussianMean) {
  static constexpr std::array<std::string_view, 2> kNames = {"identity", "sigmoid"};
  return kNames;
}

namespace {

void mean_field(Fields& f, GaussianMean& mean) {
  f("mean", mean, "activation of the output: identity, or sigmoid for inputs in [0, 1]")
      .also_known_as({"output_activation"});
}

Tensor mean_of(GaussianMean mean, const Tensor& output) {
  return mean == GaussianMean::sigmoid ? at::sigmoid(output) : output;
}

}  // namespace

/// Of as many independent Gaussians, with what does not depend on their parameters: log(2 pi) / 2 each.
double gaussian_constant(const Shape& input) {
  return 0.5 * std::log(2 * M_PI) * static_cast<double>(elements(input));
}

void GaussianLikelihood::Config::fields(Fields& f) {
  mean_field(f, mean);
  f("deviation", deviation, "standard deviation of every feature", above(0))
      .also_known_as({"sigma", "std", "scale", "noise_std"});
  f("learned", learned, "learn the deviation, which begins with that").also_known_as({"learn_sigma"});
}

GaussianLikelihood::GaussianLikelihood(const Config& config) : config_(config) {
  if (config.learned)
    log_deviation_ = register_parameter("log_deviation", at::full({}, std::log(config.deviation)));
}

Tensor GaussianLikelihood::negative_log(const Tensor& output, const Tensor& target) const {
  const auto half = 0.5 * (mean(output) - target).square().flatten(1).sum(1);
  const auto features = static_cast<double>(target.numel()) / static_cast<double>(target.size(0));
  if (log_deviation_.defined()) return half * (-2 * log_deviation_).exp() + features * log_deviation_;
  if (config_.deviation == 1) return half;
  return half / (config_.deviation * config_.deviation) + features * std::log(config_.deviation);
}

double GaussianLikelihood::constant(const Shape& input) const { return gaussian_constant(input); }

Tensor GaussianLikelihood::mean(const Tensor& output) const { return mean_of(config_.mean, output); }

Tensor GaussianLikelihood::draw(const Tensor& output, const Step& step) const {
  const auto means = mean(output), noise = step.noise().normal_like(kInputStream, means);
  return log_deviation_.defined() ? means + log_deviation_.exp() * noise : means + config_.deviation * noise;
}

void HeteroscedasticLikelihood::Config::fields(Fields& f) {
  mean_field(f, mean);
  f("smallest_variance", smallest_variance, "smallest variance of a feature", above(0))
      .also_known_as({"eps", "epsilon", "min_variance"});
}

Shape HeteroscedasticLikelihood::output_shape(const Shape& input) const {
  auto shape = input;
  shape.front() *= 2;
  return shape;
}

Tensor HeteroscedasticLikelihood::mean(const Tensor& output) const {
  return mean_of(config_.mean, output.narrow(1, 0, output.size(1) / 2));
}

double HeteroscedasticLikelihood::constant(const Shape& input) const { return gaussian_constant(input); }

Tensor HeteroscedasticLikelihood::log_variance(const Tensor& output) const {
  constexpr double kLargest = 40;  // keeps variances finite
  const auto half = output.size(1) / 2;
  return output.narrow(1, half, half).clamp(std::log(config_.smallest_variance), kLargest);
}

Tensor HeteroscedasticLikelihood::negative_log(const Tensor& output, const Tensor& target) const {
  const auto log_variances = log_variance(output);
  const auto error = (mean(output) - target).square() * (-log_variances).exp();
  return 0.5 * (error + log_variances).flatten(1).sum(1);
}

Tensor HeteroscedasticLikelihood::draw(const Tensor& output, const Step& step) const {
  const auto means = mean(output);
  return means + (0.5 * log_variance(output)).exp() * step.noise().normal_like(kInputStream, means);
}

}  // namespace aelab
