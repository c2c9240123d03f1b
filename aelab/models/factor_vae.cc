#include "aelab/models/factor_vae.h"

#include <ATen/ATen.h>

#include "aelab/nn/dense_backbone.h"

namespace aelab {

void FactorVae::Config::fields(Fields& f) {
  base.fields(f, expand(*this));
  latent.fields(f);
  schedule_field(f, "gamma", gamma, "weight of the total correlation", at_least(0))
      .also_known_as({"tc_weight"});
  f("discriminator", discriminator, "the network that estimates the total correlation, and its training");
}

std::vector<FactorVae::Config> FactorVae::Config::examples() {
  return {{.base = {.code = 4}, .gamma = 2, .discriminator = {.hidden = {8}}},
          {.base = {.code = 3}, .latent = {.beta = 0.5}, .discriminator = {.hidden = {8, 6}}}};
}

AutoencoderConfig FactorVae::expand(const Config& config) {
  auto parts = config.base;
  if (!parts.backbone)
    parts.backbone = DenseBackbone::Config{.hidden = {400}, .activation = Activation::tanh};
  parts.default_code = 10;
  parts.set_own_bottleneck(config.latent);
  return parts;
}

Tensor permuted_dimensions(const Tensor& x, const Tensor& uniform) {
  return x.gather(0, uniform.argsort(/*dim=*/std::int64_t{0}));
}

void FactorVae::add_adversary(const Pass& pass, const Step& step, Terms& terms) const {
  terms.add("total-correlation", discriminator().forward(pass.code), step.value(gamma_), row_additivity());
}

Tensor FactorVae::discriminator_cost(const Pass& pass, const Step& step) const {
  const auto codes = pass.code.flatten(1);
  const auto half = std::max<std::int64_t>(codes.size(0) / 2, 1), second = codes.size(0) - half;
  const auto uniform = step.noise().uniform_like("permutation", codes, pass.samples);
  const auto permuted = permuted_dimensions(codes.slice(0, second), uniform.slice(0, second));
  return 0.5 * (cost_as_first(discriminator().forward(codes.slice(0, 0, half))).mean() +
                cost_as_second(discriminator().forward(permuted)).mean());
}

}  // namespace aelab
