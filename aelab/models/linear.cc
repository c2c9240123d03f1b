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
  return {
      .code = config.code,
      .backbone =
          DenseBackbone::Config{
              .tied = config.tied, .bias = false, .center = true, .initialization = config.initialization},
      .likelihood = GaussianLikelihood::Config{}};
}

}  // namespace aelab
