#include "aelab/models/linear.h"

#include "aelab/nn/dense_backbone.h"
#include "aelab/nn/likelihoods.h"

namespace aelab {

void Linear::Config::fields(Fields& f) {
  code_field(f, code, "dimension of the latent code");
  f("tied", tied, "the decoder uses the transposed weights of the encoder");
  f("initialization", initialization, "distribution of the initial weights");
}

AutoencoderConfig Linear::expand(const Config& config) {
  AutoencoderConfig parts = {.code = config.code, .likelihood = GaussianLikelihood::Config{}};
  parts.set_own_backbone(DenseBackbone::Config{
      .tied = config.tied, .bias = false, .center = true, .initialization = config.initialization});
  return parts;
}

}  // namespace aelab
