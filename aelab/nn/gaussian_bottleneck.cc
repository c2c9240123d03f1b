#include "aelab/nn/gaussian_bottleneck.h"

#include <ATen/ATen.h>

namespace aelab {

void GaussianBottleneck::Config::fields(Fields& f) {
  schedule_field(f, "weight", weight, "weight of the KL divergence in the objective", at_least(0))
      .also_known_as({"beta", "kl_weight", "kld_weight", "lambda"});
  f("samples", samples, "number of codes that are drawn of each row in training", at_least(1))
      .also_known_as({"n_samples", "num_samples", "L"});
}

Shape GaussianBottleneck::pre_code_shape(const Shape& code) const {
  auto shape = code;
  shape.front() *= 2;
  return shape;
}

Tensor GaussianBottleneck::read(const Tensor& pre_code, const Step&) const {
  return pre_code.narrow(1, 0, pre_code.size(1) / 2);
}

void GaussianBottleneck::code(Pass& pass, const Step& step) const {
  constexpr double kLargest = 40;  // keeps variances finite
  const auto half = pass.pre_code.size(1) / 2;
  const auto mean = pass.pre_code.narrow(1, 0, half);
  const auto log_variance = pass.pre_code.narrow(1, half, half).clamp_max(kLargest);
  pass.samples = step.training ? config_.samples : 1;
  const auto means = repeated(mean, pass.samples);
  const auto deviations = repeated((0.5 * log_variance).exp(), pass.samples);
  pass.code = means + deviations * step.noise().normal_like("code", means.detach(), pass.samples);
  pass.extras["mean"] = mean;
  pass.extras["log_variance"] = log_variance;
}

void GaussianBottleneck::add_terms(const Pass& pass, const Step& step, Terms& terms) const {
  const auto &mean = pass.extras.at("mean"), &log_variance = pass.extras.at("log_variance");
  const auto divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance);
  terms.add("kl", divergence.flatten(1).sum(1), step.value(config_.weight));
}

Tensor GaussianBottleneck::slope(const Tensor&, const Tensor& code, const Step&) const {
  return at::ones_like(code);
}

}  // namespace aelab
