#include "aelab/models/vq_vae.h"

#include "aelab/nn/convolutional_backbone.h"
#include "aelab/nn/dense_backbone.h"

namespace aelab {

void VqVae::Config::fields(Fields& f) {
  base.fields(f, expand(*this));
  quantizer.fields(f);
}

std::vector<VqVae::Config> VqVae::Config::examples() {
  return {{.base = {.code = 8},
           .quantizer = {.codes = 40, .update = CodebookUpdate::moving_average, .restart = 2}},
          {.base = {.code = 6}, .quantizer = {.codes = 12, .dimension = 3}},
          {.base = {.backbone = ConvolutionalBackbone::Config::examples().front()},
           .quantizer = {.codes = 20, .update = CodebookUpdate::moving_average, .decay = 0.9, .restart = 3}}};
}

AutoencoderConfig VqVae::expand(const Config& config) {
  auto parts = config.base;
  if (!parts.backbone)
    parts.backbone = DenseBackbone::Config{.hidden = {400}, .activation = Activation::relu};
  parts.default_code = 64;
  auto quantizer = config.quantizer;
  const bool is_dense = !parts.backbone->empty() && parts.backbone->can(capability::takes_code);
  if (is_dense && !quantizer.dimension) quantizer.dimension = 4;
  parts.set_own_bottleneck(quantizer);
  return parts;
}

}  // namespace aelab
