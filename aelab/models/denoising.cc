#include "aelab/models/denoising.h"

#include "aelab/nn/bottlenecks.h"
#include "aelab/nn/convolutional_backbone.h"
#include "aelab/nn/corruptions.h"
#include "aelab/nn/dense_backbone.h"

namespace aelab {

void Denoising::Config::fields(Fields& f) {
  base.fields(f, expand(*this));
  f.require(
      !base.corruption || base.corruption->empty() || base.corruption->kind() != NoCorruption::Config::kind,
      "corruption",
      "must corrupt the input in this variant; without noise it is the variant \"autoencoder\"");
}

std::vector<Denoising::Config> Denoising::Config::examples() {
  return {{.base = {.code = 10}},
          {.base = {.code = 10, .corruption = GaussianNoise::Config{.level = 0.3}}},
          {.base = {.backbone = ConvolutionalBackbone::Config::examples().front(),
                    .corruption = SaltAndPepper::Config{.level = 0.1}}}};
}

AutoencoderConfig Denoising::expand(const Config& config) {
  auto parts = config.base;
  if (!parts.backbone) parts.backbone = DenseBackbone::Config{};
  parts.default_code = 64;
  if (!parts.corruption) parts.corruption = Masking::Config{};
  if (!parts.bottleneck && !parts.backbone->empty() && parts.backbone->can(capability::takes_code))
    parts.bottleneck = DeterministicBottleneck::Config{.activation = Activation::sigmoid};
  return parts;
}

}  // namespace aelab
