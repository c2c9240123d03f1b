#include "aelab/models/convolutional.h"

namespace aelab {

void Convolutional::Config::fields(Fields& f) {
  base.fields(f, expand(*this));
  backbone.fields(f);
}

std::vector<Convolutional::Config> Convolutional::Config::examples() {
  return {{.backbone = ConvolutionalBackbone::Config::examples().front()}, {}};
}

AutoencoderConfig Convolutional::expand(const Config& config) {
  auto parts = config.base;
  parts.set_own_backbone(config.backbone);
  return parts;
}

}  // namespace aelab
