#include "aelab/models/wae.h"

#include "aelab/nn/convolutional_backbone.h"
#include "aelab/nn/dense_backbone.h"

namespace aelab {

void Wae::Config::fields(Fields& f) {
  base.fields(f, expand(*this));
  mmd.fields(f);
  f.require(!base.has_penalty(MmdPenalty::Config::kind), "penalties",
            "lists mmd, which this variant's own \"weight\" sets already");
}

std::vector<Wae::Config> Wae::Config::examples() {
  return {{.base = {.code = 4}, .mmd = {.weight = 2}},
          {.base = {.backbone = ConvolutionalBackbone::Config::examples().front()},
           .mmd = {.kernel = MmdKernel::rbf, .scales = {1}}}};
}

AutoencoderConfig Wae::expand(const Config& config) {
  auto parts = config.base;
  if (!parts.backbone)
    parts.backbone = DenseBackbone::Config{.hidden = {400}, .activation = Activation::relu};
  parts.default_code = 8;
  parts.add_own_penalty(config.mmd);
  return parts;
}

}  // namespace aelab
