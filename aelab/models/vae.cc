#include "aelab/models/vae.h"

#include "aelab/nn/convolutional_backbone.h"
#include "aelab/nn/dense_backbone.h"
#include "aelab/nn/flow_prior.h"
#include "aelab/nn/likelihoods.h"
#include "aelab/nn/posteriors.h"
#include "aelab/nn/priors.h"

namespace aelab {

void Vae::Config::fields(Fields& f) {
  base.fields(f, expand(*this));
  latent.fields(f);
}

std::vector<Vae::Config> Vae::Config::examples() {
  return {{.base = {.code = 4}},
          {.base = {.code = 3,
                    .backbone = DenseBackbone::Config{.hidden = {12}, .activation = Activation::tanh},
                    .likelihood = GaussianLikelihood::Config{.deviation = 0.5, .learned = true}},
           .latent = {.beta = LinearSchedule::Config{.from = 0, .to = 1, .over = 0.5}, .free_bits = 0.1}},
          {.base = {.backbone = ConvolutionalBackbone::Config::examples().front()},
           .latent = {.beta = 4, .capacity = LinearSchedule::Config{.from = 0, .to = 2}}},
          {.base = {.code = 3, .condition = Condition::label}},
          {.base = {.code = 3}, .latent = {.prior = VampPrior::Config{.components = 3}}},
          {.base = {.code = 3},
           .latent = {.prior = FlowPrior::Config::examples().front(),
                      .posterior = InverseAutoregressivePosterior::Config::examples().front()}}};
}

AutoencoderConfig Vae::expand(const Config& config) {
  auto parts = config.base;
  if (!parts.backbone)
    parts.backbone = DenseBackbone::Config{.hidden = {400}, .activation = Activation::tanh};
  parts.default_code = 20;
  parts.set_own_bottleneck(config.latent);
  return parts;
}

}  // namespace aelab
