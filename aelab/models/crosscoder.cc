#include "aelab/models/crosscoder.h"

#include "aelab/nn/bottlenecks.h"

namespace aelab {

void Crosscoder::Config::fields(Fields& f) {
  backbone.fields(f);
  recipe.common_fields(f, expand(*this));
}

std::vector<Crosscoder::Config> Crosscoder::Config::examples() {
  const auto backbones = CrosscoderBackbone::Config::examples();
  std::vector<Config> examples;
  for (const auto& backbone : backbones)
    examples.push_back({.backbone = backbone,
                        .recipe = {.base = {.code = 24, .bottleneck = BatchTopKBottleneck::Config{.k = 4}},
                                   .aux_k = {.k = 4, .dead_after = 64}}});
  examples[1].recipe.base.bottleneck = DeterministicBottleneck::Config{.activation = Activation::relu};
  examples[1].recipe.base.penalties = {{WeightedL1Penalty::Config{.weight = 0.05}}};
  examples[2].recipe.base.bottleneck = TopKBottleneck::Config{.k = 4};
  return examples;
}

AutoencoderConfig Crosscoder::expand(const Config& config) {
  auto parts = config.recipe.parts(config.backbone);
  if (!parts.bottleneck) parts.bottleneck = BatchTopKBottleneck::Config{};
  return parts;
}

}  // namespace aelab
