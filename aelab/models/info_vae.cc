#include "aelab/models/info_vae.h"

#include "aelab/nn/dense_backbone.h"

namespace aelab {

void InfoVae::Config::fields(Fields& f) {
  base.fields(f, expand(*this));
  f("alpha", alpha, "weight of the mutual information of inputs and codes", Bounds{.most = 1});
  f("lambda", lambda, "weight of the divergence of all codes from the prior", at_least(0))
      .also_known_as({"lbd"});
  mmd.fields_beside_weight(f);
  f.require(alpha + lambda >= 1, "lambda", "must be at least 1 - alpha");
  f.require(!base.has_penalty(MmdPenalty::Config::kind), "penalties",
            "lists mmd, which this variant's own \"alpha\" and \"lambda\" set already");
}

std::vector<InfoVae::Config> InfoVae::Config::examples() {
  return {
      {.base = {.code = 4}, .alpha = -0.5, .lambda = 5},
      {.base = {.code = 3}, .alpha = 1, .lambda = 2, .mmd = {.kernel = MmdKernel::rbf, .scales = {1, 2}}}};
}

AutoencoderConfig InfoVae::expand(const Config& config) {
  auto parts = config.base;
  if (!parts.backbone)
    parts.backbone = DenseBackbone::Config{.hidden = {400}, .activation = Activation::tanh};
  parts.default_code = 20;
  parts.set_own_bottleneck(GaussianBottleneck::Config{.beta = 1 - config.alpha});
  auto mmd = config.mmd;
  mmd.weight = config.alpha + config.lambda - 1;
  parts.add_own_penalty(mmd);
  return parts;
}

}  // namespace aelab
