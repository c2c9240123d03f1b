#include "aelab/models/transcoder.h"

#include "aelab/nn/bottlenecks.h"

namespace aelab {

void Transcoder::Config::fields(Fields& f) {
  backbone.fields(f);
  recipe.common_fields(f, expand(*this));
}

std::vector<Transcoder::Config> Transcoder::Config::examples() {
  const auto backbones = TranscoderBackbone::Config::examples();
  std::vector<Config> examples;
  for (const auto& backbone : backbones)
    examples.push_back({.backbone = backbone,
                        .recipe = {.base = {.code = 24, .bottleneck = TopKBottleneck::Config{.k = 4}},
                                   .aux_k = {.k = 4, .dead_after = 64}}});
  examples[1].recipe.base.bottleneck = BatchTopKBottleneck::Config{.k = 3};
  examples[1].recipe.base.penalties = {{MatryoshkaPenalty::Config{.widths = {6}}}};
  examples[2].recipe.base.bottleneck = JumpReluBottleneck::Config{.weight = 0.01};
  examples[3].recipe.base.bottleneck = GatedBottleneck::Config{};
  examples[3].recipe.base.penalties = {
      {WeightedL1Penalty::Config{.weight = 0.05}, GateReconstruction::Config{}}};
  examples[3].recipe.revive = false;
  return examples;
}

AutoencoderConfig Transcoder::expand(const Config& config) {
  auto parts = config.recipe.parts(config.backbone);
  if (!parts.bottleneck) parts.bottleneck = TopKBottleneck::Config{};
  return parts;
}

}  // namespace aelab
