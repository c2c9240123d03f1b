#include "aelab/nn/gaussian_bottleneck.h"

#include <ATen/ATen.h>

#include <cmath>

namespace aelab {

void GaussianBottleneck::Config::fields(Fields& f) {
  schedule_field(f, "weight", weight, "weight of the KL divergence in the objective", at_least(0))
      .also_known_as({"beta", "kl_weight", "kld_weight", "lambda"});
}

namespace {

struct DiagonalGaussian {
  Tensor mean, log_variance;
};

DiagonalGaussian gaussian_of(const Tensor& pre_code) {
  constexpr double kLargest = 40;  // keeps variances finite
  const auto half = pre_code.size(1) / 2;
  return {pre_code.narrow(1, 0, half), pre_code.narrow(1, half, half).clamp_max(kLargest)};
}

/// Of each row, summed over dimensions.
Tensor log_standard_normal(const Tensor& x) {
  return -0.5 * (x.square() + std::log(2 * M_PI)).flatten(1).sum(1);
}

}  // namespace

Shape GaussianBottleneck::pre_code_shape(const Shape& code) const {
  auto shape = code;
  shape.front() *= 2;
  return shape;
}

Tensor GaussianBottleneck::read(const Tensor& pre_code, const Step&) const {
  return pre_code.narrow(1, 0, pre_code.size(1) / 2);
}

void GaussianBottleneck::code(Pass& pass, const Step& step) const {
  const auto [mean, log_variance] = gaussian_of(pass.pre_code);
  const auto means = repeated(mean, pass.samples);
  const auto deviations = repeated((0.5 * log_variance).exp(), pass.samples);
  pass.code = means + deviations * step.noise().normal_like("code", means.detach(), pass.samples);
  pass.extras["mean"] = mean;
  pass.extras["log_variance"] = log_variance;
}

Tensor GaussianBottleneck::log_density(const Tensor& code, const Tensor& pre_code) const {
  const auto [mean, log_variance] = gaussian_of(pre_code);
  const auto samples = code.size(0) / pre_code.size(0);
  const auto standardized = (code - repeated(mean, samples)) * repeated((-0.5 * log_variance).exp(), samples);
  return log_standard_normal(standardized) - repeated(0.5 * log_variance.flatten(1).sum(1), samples);
}

Tensor GaussianBottleneck::log_prior(const Tensor& code) const { return log_standard_normal(code); }

Tensor GaussianBottleneck::divergence(const Pass& pass) const {
  if (pass.divergence != Divergence::expected) return drawn_divergence(pass, *this);
  const auto &mean = pass.extras.at("mean"), &log_variance = pass.extras.at("log_variance");
  return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).flatten(1).sum(1);
}

void GaussianBottleneck::add_terms(const Pass& pass, const Step& step, Terms& terms) const {
  terms.add("kl", divergence(pass), step.value(config_.weight), Additivity::rows, Role::within_bound);
}

Tensor GaussianBottleneck::slope(const Tensor&, const Tensor& code, const Step&) const {
  return at::ones_like(code);
}

}  // namespace aelab
