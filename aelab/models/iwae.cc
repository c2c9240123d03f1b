#include "aelab/models/iwae.h"

#include "aelab/nn/dense_backbone.h"
#include "aelab/nn/gaussian_bottleneck.h"
#include "aelab/nn/posteriors.h"
#include "aelab/nn/priors.h"

namespace aelab {

void Iwae::Config::fields(Fields& f) {
  base.fields(f, expand(*this));
  weighted.fields(f);
  f("doubly_reparameterized", doubly_reparameterized,
    "train the encoder by the doubly reparameterized gradient, whose noise falls with more samples")
      .also_known_as({"dreg"});
  f("prior", prior, "distribution of the codes before an input is seen",
    prior ? prior : std::optional(Choice<Prior>(StandardPrior::Config{})))
      .also_known_as({"prior_type", "latent_prior"});
  posterior_field(f, posterior);
  f.require(!doubly_reparameterized || weighted.elbo_share == 0, "doubly_reparameterized",
            "is for the importance-weighted bound alone: set \"elbo_share\" to 0");
}

std::vector<Iwae::Config> Iwae::Config::examples() {
  return {{.base = {.code = 4}, .weighted = {.samples = 3}},
          {.base = {.code = 3}, .weighted = {.samples = 2, .estimates = 2, .elbo_share = 0.5}},
          {.base = {.code = 3},
           .weighted = {.samples = 2},
           .doubly_reparameterized = true,
           .prior = MixturePrior::Config{.components = 3}},
          {.base = {.code = 3},
           .weighted = {.samples = 2},
           .posterior = InverseAutoregressivePosterior::Config::examples().front()}};
}

AutoencoderConfig Iwae::expand(const Config& config) {
  auto parts = config.base;
  if (!parts.backbone)
    parts.backbone = DenseBackbone::Config{.hidden = {400}, .activation = Activation::tanh};
  parts.default_code = 20;
  parts.set_own_bottleneck(GaussianBottleneck::Config{.prior = config.prior, .posterior = config.posterior});
  if (config.doubly_reparameterized)
    parts.set_own_bound(DoublyReparameterizedBound::Config{config.weighted});
  else
    parts.set_own_bound(config.weighted);
  return parts;
}

}  // namespace aelab
