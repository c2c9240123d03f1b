#include "aelab/models/fsq.h"

#include "aelab/nn/convolutional_backbone.h"
#include "aelab/nn/dense_backbone.h"

namespace aelab {

void Fsq::Config::fields(Fields& f) {
  base.fields(f, expand(*this));
  quantizer.fields(f);
}

std::vector<Fsq::Config> Fsq::Config::examples() {
  return {{.base = {.code = 6}, .quantizer = {.levels = {5, 4, 3}}},
          {.base = {.backbone = ConvolutionalBackbone::Config::examples().front()},
           .quantizer = {.levels = {8, 5}}}};
}

AutoencoderConfig Fsq::expand(const Config& config) {
  constexpr std::int64_t kVectors = 16;
  auto parts = config.base;
  if (!parts.backbone)
    parts.backbone = DenseBackbone::Config{.hidden = {400},
                                           .activation = Activation::relu,
                                           .regularization = {.normalization = Normalize::batch}};
  parts.default_code = kVectors * static_cast<std::int64_t>(config.quantizer.levels.size());
  parts.set_own_bottleneck(config.quantizer);
  return parts;
}

}  // namespace aelab
