#include "aelab/models/dense.h"

#include "aelab/nn/likelihoods.h"
#include "aelab/nn/penalties.h"

namespace aelab {

void Dense::Config::fields(Fields& f) {
  base.fields(f, expand(*this));
  backbone.fields(f);
}

std::vector<Dense::Config> Dense::Config::examples() {
  return {{.base = {.code = 6}},
          {.base = {.code = 4,
                    .likelihood = GaussianLikelihood::Config{},
                    .penalties = {{L1Penalty::Config{.weight = 0.01}}}},
           .backbone = {.hidden = {16, 8}, .activation = Activation::tanh, .tied = true}}};
}

AutoencoderConfig Dense::expand(const Config& config) {
  auto parts = config.base;
  parts.set_own_backbone(config.backbone);
  return parts;
}

}  // namespace aelab
