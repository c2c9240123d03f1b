#include "aelab/nn/priors.h"

#include <ATen/ATen.h>

#include <cmath>

#include "aelab/core/random.h"

namespace aelab {
namespace {

void components_field(Fields& f, std::int64_t& components, std::string_view help) {
  f("components", components, help, between(1, 1e6))
      .also_known_as({"n_components", "number_components", "K", "k", "pseudo_inputs"});
}

/// log sum_k weight_k N(code; mean_k, variance_k): codes [n, code], components [k, code] -> [n].
Tensor log_mixture(const Tensor& code, const Tensor& log_weights, const DiagonalGaussian& components) {
  const auto means = components.mean.flatten(1), log_variances = components.log_variance.flatten(1);
  const auto standardized = (code.flatten(1).unsqueeze(1) - means) * (-0.5 * log_variances).exp();
  const auto dimensions = static_cast<double>(means.size(1));
  const auto each =
      -0.5 * (standardized.square().sum(2) + log_variances.sum(1) + dimensions * std::log(2 * M_PI));
  return (each + log_weights).logsumexp(1);
}

/// A code of each row of `like`: its component by an uniform number, then a Gaussian one.
Tensor draw_mixture(const Tensor& like, const Noise& noise, const Tensor& log_weights,
                    const DiagonalGaussian& components) {
  const auto uniform = noise.uniform_like("component", like.flatten(1).select(1, 0).unsqueeze(1));
  const auto below = log_weights.softmax(0).cumsum(0);
  const auto chosen = (uniform >= below).sum(1).clamp_max(below.size(0) - 1);
  const auto normal = noise.normal_like("prior", like);
  const auto mean = components.mean.index({chosen}).view(like.sizes());
  const auto log_variance = components.log_variance.index({chosen}).view(like.sizes());
  return mean + (0.5 * log_variance).exp() * normal;
}

}  // namespace

void StandardPrior::Config::fields(Fields& f) {
  f("deviation", deviation, "standard deviation", above(0)).also_known_as({"sigma", "std", "scale"});
}

Tensor StandardPrior::log_density(const Tensor& code) const {
  const auto dimensions = static_cast<double>(code.numel()) / static_cast<double>(code.size(0));
  return log_standard_normal(code / deviation_) - dimensions * std::log(deviation_);
}

Tensor StandardPrior::sample_like(const Tensor& like, const Noise& noise) const {
  return deviation_ * noise.normal_like("prior", like);
}

void MixturePrior::Config::fields(Fields& f) { components_field(f, components, "number of Gaussians"); }

void MixturePrior::build(const Shape& code, std::int64_t seed, const EncoderAccess&) {
  const at::DimVector shape = {config_.components, elements(code)};
  auto means = at::empty(shape).normal_(0, 1, random_generator(seed, "mixture"));
  logits_ = register_parameter("logits", at::zeros({config_.components}));
  means_ = register_parameter("means", means);
  log_variances_ = register_parameter("log_variances", at::zeros(shape));
}

Tensor MixturePrior::log_density(const Tensor& code) const {
  return log_mixture(code, logits_.log_softmax(0), {means_, log_variances_});
}

Tensor MixturePrior::sample_like(const Tensor& like, const Noise& noise) const {
  return draw_mixture(like, noise, logits_, {means_, log_variances_});
}

void VampPrior::Config::fields(Fields& f) { components_field(f, components, "number of pseudo-inputs"); }

void VampPrior::build(const Shape&, std::int64_t seed, const EncoderAccess& encoder) {
  if (encoder.is_conditional)
    throw Error("vamp has no condition for its pseudo-inputs: choose another prior, or no \"condition\"");
  if (!encoder.encode)
    throw Error("vamp needs an encoder of Gaussian codes: choose the posterior \"diagonal\"");
  encoder_ = encoder;
  at::DimVector shape = {config_.components};
  shape.append(encoder.input.begin(), encoder.input.end());
  pseudo_inputs_ = register_parameter(
      "pseudo_inputs", at::empty(shape).normal_(0, 1, random_generator(seed, "pseudo-inputs")));
}

Tensor VampPrior::pseudo_inputs() const {
  const auto& values = encoder_.values;
  if (!std::isfinite(values.least) || !std::isfinite(values.most)) return pseudo_inputs_;
  return values.least + (values.most - values.least) * pseudo_inputs_.sigmoid();
}

DiagonalGaussian VampPrior::components() const {
  return DiagonalGaussian::from(encoder_.encode(pseudo_inputs()));
}

Tensor VampPrior::log_density(const Tensor& code) const {
  const auto equal = at::full({}, -std::log(static_cast<double>(config_.components)), code.options());
  return log_mixture(code, equal, components());
}

Tensor VampPrior::sample_like(const Tensor& like, const Noise& noise) const {
  return draw_mixture(like, noise, at::zeros({config_.components}, like.options()), components());
}

}  // namespace aelab
