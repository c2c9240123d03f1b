#include "aelab/nn/crosscoder_backbone.h"

#include "aelab/nn/feature_blocks.h"

namespace aelab {

void CrosscoderBackbone::Config::fields(Fields& f) {
  blocks_field(f, blocks);
  dictionary.fields(f);
}

std::vector<CrosscoderBackbone::Config> CrosscoderBackbone::Config::examples() {
  const std::vector<std::int64_t> blocks = {8, 5, 7};
  std::vector<Config> examples(3, {.blocks = blocks});
  examples[1].dictionary.norm = DecoderNorm::free;
  examples[1].dictionary.pre_bias = true;
  examples[2].dictionary.norm = DecoderNorm::unit;
  examples[2].dictionary.tied_start = false;
  examples[2].dictionary.bias_start = BiasStart::geometric_median;
  return examples;
}

namespace {

std::vector<std::int64_t> blocks_of_rows(const CrosscoderBackbone::Config& config,
                                         const BackboneContext& context) {
  auto blocks = blocks_for(config.blocks, context);
  if (context.output_shape() != context.input)
    throw FieldError("../likelihood", "needs outputs of shape " + to_string(context.output_shape()) +
                                          ", but a crosscoder's vectors are of a row's features: choose "
                                          "\"gaussian\" with a fixed deviation");
  return blocks;
}

}  // namespace

CrosscoderBackbone::CrosscoderBackbone(const Config& config, const BackboneContext& context)
    : DictionaryBackbone(
          config.dictionary, context,
          {.input = context.input, .target = context.input, .blocks = blocks_of_rows(config, context)}),
      config_(config) {
  config_.blocks = blocks();
}

}  // namespace aelab
