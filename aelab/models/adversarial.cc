#include "aelab/models/adversarial.h"

#include <ATen/ATen.h>

#include "aelab/nn/dense_backbone.h"

namespace aelab {

void Adversarial::Config::fields(Fields& f) {
  base.fields(f, expand(*this));
  schedule_field(f, "weight", weight, "weight of the encoder's cost by the discriminator", at_least(0))
      .also_known_as({"lambda", "adversarial_loss_scale", "adversarial_weight"});
  f("deviation", deviation, "standard deviation of the normal distribution", above(0))
      .also_known_as({"sigma", "z_var"});
  f("discriminator", discriminator, "the network that tells codes from draws, and its training");
}

std::vector<Adversarial::Config> Adversarial::Config::examples() {
  return {{.base = {.code = 4}, .discriminator = {.hidden = {8}}},
          {.base = {.code = 3}, .weight = 0.5, .deviation = 2, .discriminator = {.hidden = {8, 6}}}};
}

AutoencoderConfig Adversarial::expand(const Config& config) {
  auto parts = config.base;
  if (!parts.backbone)
    parts.backbone = DenseBackbone::Config{.hidden = {400}, .activation = Activation::relu};
  parts.default_code = 8;
  return parts;
}

void Adversarial::add_adversary(const Pass& pass, const Step& step, Terms& terms) const {
  terms.add("adversary", cost_as_first(discriminator().forward(pass.code)), step.value(weight_),
            row_additivity());
}

Tensor Adversarial::discriminator_cost(const Pass& pass, const Step& step) const {
  const auto drawn = prior_.sample_like(pass.code, step.noise());
  return cost_as_first(discriminator().forward(drawn)) + cost_as_second(discriminator().forward(pass.code));
}

}  // namespace aelab
