#include "aelab/nn/transcoder_backbone.h"

#include <ATen/ATen.h>

#include "aelab/nn/feature_blocks.h"

namespace aelab {

void TranscoderBackbone::Config::fields(Fields& f) {
  blocks_field(f, blocks);
  f("skip", skip, "a linear function of the encoder's input is added to the decoder's output")
      .also_known_as({"skip_connection"});
  dictionary.norm_fields(f, "1 with norm \"unit\", 0.1 with \"scaled\", else 0");
  f("bias", dictionary.bias, "the encoder has a bias").also_known_as({"b_enc"});
  dictionary.bias_start_field(f);
}

std::vector<TranscoderBackbone::Config> TranscoderBackbone::Config::examples() {
  const std::vector<std::int64_t> blocks = {8, 12};
  std::vector<Config> examples(4, {.blocks = blocks});
  examples[1].skip = examples[2].skip = true;
  examples[2].dictionary.norm = DecoderNorm::scaled;
  examples[3].dictionary.norm = DecoderNorm::unit;
  examples[3].dictionary.bias = false;
  examples[3].dictionary.bias_start = BiasStart::zeros;
  return examples;
}

namespace {

DictionaryBackbone::Config with_start(DictionaryBackbone::Config dictionary) {
  if (dictionary.norm == DecoderNorm::free && !dictionary.initial_norm) dictionary.initial_norm = 0;
  return dictionary;
}

std::int64_t sum_after_first(const std::vector<std::int64_t>& blocks, std::int64_t features) {
  return features - blocks.front();
}

}  // namespace

TranscoderBackbone::TranscoderBackbone(const Config& config, const BackboneContext& context)
    : TranscoderBackbone(config, context, blocks_for(config.blocks, context)) {}

TranscoderBackbone::TranscoderBackbone(Config config, const BackboneContext& context,
                                       const std::vector<std::int64_t>& blocks)
    : DictionaryBackbone(
          with_start(config.dictionary), context,
          {.input = {blocks.front()}, .target = {sum_after_first(blocks, context.input.front())}}),
      config_(std::move(config)),
      inputs_(blocks.front()),
      targets_(sum_after_first(blocks, context.input.front())) {
  config_.blocks = blocks;
  const Initializer initializer(context.seed, "skip", context.device);
  if (config_.skip)
    skip_ = register_parameter("skip_weight", initializer.zeros({elements(outputs()), inputs_}));
}

Tensor TranscoderBackbone::read(const Tensor& x) const {
  return x.flatten(1).narrow(1, 0, inputs_).contiguous();
}

Tensor TranscoderBackbone::target(const Tensor& x) const {
  return x.flatten(1).narrow(1, inputs_, targets_).contiguous();
}

Tensor TranscoderBackbone::skip_input(const Tensor& x) const { return has_skip() ? read(x) : Tensor(); }

Tensor TranscoderBackbone::skipped(const Step& step) const {
  return has_skip() && step.condition.defined() ? linear(step.condition, skip_, Tensor()) : Tensor();
}

Tensor TranscoderBackbone::with_skip(const Tensor& output, const Step& step) const {
  const auto added = skipped(step);
  if (!added.defined()) return output;
  return output + repeated(added, output.size(0) / added.size(0)).view_as(output);
}

Tensor TranscoderBackbone::encode(const Tensor& x, const Step& step) const {
  return DictionaryBackbone::encode(read(x), step);
}

Tensor TranscoderBackbone::decode(const Tensor& code, const Step& step) const {
  return with_skip(DictionaryBackbone::decode(code, step), step);
}

Tensor TranscoderBackbone::decode_active(const ActiveElements& active, const Step& step) const {
  return with_skip(DictionaryBackbone::decode_active(active, step), step);
}

std::vector<LayerOutline> TranscoderBackbone::layers() const {
  auto layers = DictionaryBackbone::layers();
  if (!has_skip()) return layers;
  layers.back().what += ", with a skip connection";
  layers.back().parameters += skip_.numel();
  return layers;
}

std::vector<AffineLayer> TranscoderBackbone::affine_layers(const Tensor& x, const Step& step) const {
  auto layers = DictionaryBackbone::affine_layers(x, step);
  auto& weight = layers.front().weight;
  weight = at::constant_pad_nd(weight, {0, x.flatten(1).size(1) - inputs_});
  return layers;
}

}  // namespace aelab
