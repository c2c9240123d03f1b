#include "aelab/nn/recurrent_backbone.h"

#include <ATen/ATen.h>

#include "aelab/core/problems.h"
#include "aelab/nn/normalization.h"
#include "aelab/nn/series.h"

namespace aelab {

void RecurrentBackbone::Config::fields(Fields& f) {
  f("cell", cell, "type of the recurrent layers").also_known_as({"rnn_type", "unit"});
  f("hidden", hidden, "widths of the encoder's recurrent layers; the decoder mirrors them",
    between(1, kWidest))
      .scales_with_width()
      .also_known_as({"hidden_size", "hidden_dim", "units", "layers"});
  f("reversed", reversed, "the decoder begins with the last time step");
  f("dropout", dropout, "probability of dropout between recurrent layers", between(0, 0.99));
  f("initialization", initialization, "distribution of the initial weights");
  f.require(!hidden.empty(), "hidden", "must have at least one layer");
}

std::vector<RecurrentBackbone::Config> RecurrentBackbone::Config::examples() {
  return {{.hidden = {6}},
          {.cell = Cell::gru, .hidden = {5}, .reversed = false},
          {.hidden = {5, 4}, .dropout = 0.2}};
}

RecurrentBackbone::RecurrentBackbone(const Config& config, const BackboneContext& context)
    : config_(config), output_(context.output_shape()), code_(context.code_dimension()) {
  require_series(context.input, "recurrent layers");
  const auto channels = context.output_channels();
  Initializer initializer(context.seed, "initialization", context.device);
  const auto depth = config.hidden.size();
  const auto dense = [&](std::int64_t in, std::int64_t out) {
    return std::make_shared<Affine>(in, out, /*with_bias=*/true, config.initialization, initializer);
  };
  const auto recurrent = [&](std::int64_t in, std::int64_t width) {
    return std::make_shared<RecurrentLayer>(config.cell, in, width, config.initialization, initializer);
  };
  auto in = context.input[0] + context.condition;
  for (std::size_t i = 0; i < depth; ++i) {
    encoder_.push_back(register_module("encoder_" + std::to_string(i), recurrent(in, config.hidden[i])));
    in = config.hidden[i];
  }
  to_code_ = register_module("encoder_" + std::to_string(depth),
                             dense(in, elements(context.pre_code_shape({code_}))));
  in = code_ + context.condition;
  for (std::size_t i = 0; i < depth; ++i) {
    const auto width = config.hidden[depth - 1 - i];
    decoder_.push_back(register_module("decoder_" + std::to_string(i), recurrent(in, width)));
    in = width;
  }
  to_output_ = register_module("decoder_" + std::to_string(depth), dense(in, channels));
}

Tensor RecurrentBackbone::encode(const Tensor& x, const Step& step) const {
  auto hidden = with_condition(x, step).transpose(1, 2);
  for (std::size_t i = 0; i < encoder_.size(); ++i) {
    if (i > 0) hidden = dropout(hidden, config_.dropout, "encoder_" + std::to_string(i), step);
    hidden = encoder_[i]->forward(hidden);
  }
  return to_code_->forward(hidden.select(1, -1), Activation::linear);
}

Tensor RecurrentBackbone::decode(const Tensor& code, const Step& step) const {
  auto hidden = decoder_.front()->forward(with_condition(code, step), output_[1]);
  for (std::size_t i = 1; i < decoder_.size(); ++i) {
    hidden = dropout(hidden, config_.dropout, "decoder_" + std::to_string(i), step);
    hidden = decoder_[i]->forward(hidden);
  }
  const auto steps = to_output_->forward(hidden.flatten(0, 1), Activation::linear);
  const auto output = steps.view({code.size(0), output_[1], -1}).transpose(1, 2);
  return config_.reversed ? output.flip({2}) : output;
}

std::vector<LayerOutline> RecurrentBackbone::layers() const {
  const auto what = std::string(name_of(config_.cell));
  std::vector<LayerOutline> layers;
  const auto add = [&](const std::string& network, const std::string& words, Shape output,
                       const torch::nn::Module& layer) {
    layers.push_back({.network = network,
                      .what = words,
                      .output = std::move(output),
                      .parameters = parameter_count(layer)});
  };
  const auto length = output_[1];
  for (const auto& layer : encoder_) add("encoder", what, {layer->width(), length}, *layer);
  add("encoder", "dense, of the last time step", {to_code_->weight.size(0)}, *to_code_);
  for (const auto& layer : decoder_) add("decoder", what, {layer->width(), length}, *layer);
  add("decoder", "dense, of each time step", output_, *to_output_);
  return layers;
}

}  // namespace aelab
