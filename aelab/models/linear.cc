#include "aelab/models/linear.h"

#include "aelab/nn/dense_backbone.h"
#include "aelab/nn/likelihoods.h"

namespace aelab {

void Linear::Config::fields(Fields& f) {
  f("code", code, "the code's width", between(1, kWidest));
  f("tied", tied, "the decoder uses the encoder's weights, transposed");
  f("initialization", initialization, "how weights are drawn before training");
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
