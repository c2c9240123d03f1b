#include "aelab/nn/posteriors.h"

#include <ATen/ATen.h>

namespace aelab {
namespace {

constexpr auto kLogDensity = "log_density";

/// As many codes of each row as wanted, side by side.
Tensor draw_gaussian(const DiagonalGaussian& gaussian, std::int64_t samples, const Noise& noise) {
  const auto means = repeated(gaussian.mean, samples);
  const auto deviations = repeated((0.5 * gaussian.log_variance).exp(), samples);
  return means + deviations * noise.normal_like("code", means.detach(), samples);
}

/// The parts of a pre-code with three outputs for each dimension of the code.
struct FlowInputs {
  DiagonalGaussian gaussian;  // that the flow begins with
  Tensor context;             // [batch x samples, dimensions]
};

FlowInputs flow_inputs(const Tensor& pre_code, std::int64_t samples) {
  const auto third = pre_code.size(1) / 3;
  return {.gaussian = DiagonalGaussian::from(pre_code.narrow(1, 0, 2 * third)),
          .context = repeated(pre_code.narrow(1, 2 * third, third).flatten(1), samples)};
}

}  // namespace

Tensor DiagonalPosterior::read(const Tensor& pre_code) const {
  return pre_code.narrow(1, 0, pre_code.size(1) / 2);
}

void DiagonalPosterior::draw(Pass& pass, const Noise& noise) const {
  const auto gaussian = DiagonalGaussian::from(pass.pre_code);
  pass.code = draw_gaussian(gaussian, pass.samples, noise);
  pass.extras["mean"] = gaussian.mean;
  pass.extras["log_variance"] = gaussian.log_variance;
}

Tensor DiagonalPosterior::log_density(const Tensor& code, const Tensor& pre_code) const {
  return DiagonalGaussian::from(pre_code).log_density(code, code.size(0) / pre_code.size(0));
}

void InverseAutoregressivePosterior::build(const Shape& code, std::int64_t seed) {
  const auto dimensions = elements(code);
  Initializer initializer(seed, "inverse autoregressive posterior");
  flow_ = register_module(
      "flow", std::make_shared<MaskedFlow>(config_.flow, dimensions, /*context=*/dimensions, initializer));
}

Tensor InverseAutoregressivePosterior::read(const Tensor& pre_code) const {
  const auto [gaussian, context] = flow_inputs(pre_code, /*samples=*/1);
  return flow_->forward(gaussian.mean.flatten(1), context).values.view(gaussian.mean.sizes());
}

void InverseAutoregressivePosterior::draw(Pass& pass, const Noise& noise) const {
  const auto [gaussian, context] = flow_inputs(pass.pre_code, pass.samples);
  const auto drawn = draw_gaussian(gaussian, pass.samples, noise);
  const auto mapped = flow_->forward(drawn.flatten(1), context);
  pass.code = mapped.values.view(drawn.sizes());
  pass.extras[kLogDensity] = gaussian.log_density(drawn, pass.samples) - mapped.log_determinant;
}

Tensor InverseAutoregressivePosterior::log_density(const Tensor& code, const Tensor& pre_code) const {
  const auto samples = code.size(0) / pre_code.size(0);
  const auto [gaussian, context] = flow_inputs(pre_code, samples);
  const auto drawn = flow_->inverse(code.flatten(1), context);
  return gaussian.log_density(drawn.view(code.sizes()), samples) -
         flow_->forward(drawn, context).log_determinant;
}

}  // namespace aelab
