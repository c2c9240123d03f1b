#include "aelab/nn/recurrent_backbone.h"

#include <ATen/ATen.h>

#include <array>

#include "aelab/core/problems.h"
#include "aelab/nn/normalization.h"

namespace aelab {

std::span<const std::string_view> names(Cell) {
  static constexpr std::array<std::string_view, 2> kNames = {"lstm", "gru"};
  return kNames;
}

RecurrentLayer::RecurrentLayer(Cell cell, std::int64_t in, std::int64_t width, Initialization initialization,
                               Initializer& initializer)
    : cell_(cell), width_(width) {
  const auto gates = (cell == Cell::lstm ? 4 : 3) * width;
  weight_ih_ = register_parameter("weight_ih", initializer.weight({gates, in}, initialization));
  weight_hh_ = register_parameter("weight_hh", initializer.weight({gates, width}, initialization));
  auto bias = initializer.zeros({gates});
  if (cell == Cell::lstm) bias.narrow(0, width, width).fill_(1);  // the forget gate's
  bias_ih_ = register_parameter("bias_ih", bias);
  bias_hh_ = register_parameter("bias_hh", initializer.zeros({gates}));
}

Tensor RecurrentLayer::step(const Tensor& of_input, const Tensor& of_hidden, const Tensor& hidden,
                            Tensor& memory) const {
  if (cell_ == Cell::lstm) {
    const auto gates = (of_input + of_hidden).chunk(4, 1);
    memory = gates[1].sigmoid() * memory + gates[0].sigmoid() * gates[2].tanh();
    return gates[3].sigmoid() * memory.tanh();
  }
  const auto input = of_input.chunk(3, 1), state = of_hidden.chunk(3, 1);
  const auto reset = (input[0] + state[0]).sigmoid(), keep = (input[1] + state[1]).sigmoid();
  const auto candidate = (input[2] + reset * state[2]).tanh();
  return candidate + keep * (hidden - candidate);
}

Tensor RecurrentLayer::forward(const Tensor& x, std::optional<std::int64_t> length) const {
  // The products with the inputs of all time steps are one.
  const auto of_inputs = linear(x.flatten(0, -2), weight_ih_, bias_ih_);
  const auto batch = x.size(0), steps = length ? *length : x.size(1);
  const auto by_time = length ? of_inputs : of_inputs.view({batch, steps, -1}).transpose(0, 1);
  auto hidden = at::zeros({batch, width_}, x.options()), memory = hidden;
  std::vector<Tensor> outputs;
  for (std::int64_t t = 0; t < steps; ++t) {
    hidden = step(length ? by_time : by_time[t], linear(hidden, weight_hh_, bias_hh_), hidden, memory);
    outputs.push_back(hidden);
  }
  return at::stack(outputs, 1);
}

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

namespace {

void require_series_of_steps(const Shape& input) {
  if (input.size() == 2) return;
  throw Error("recurrent layers need series, [channels, length]; the data have shape [" + in_list(input) +
              "]; " +
              (input.size() == 1 ? "if rows of a table are series, give their shape in \"data\", such as "
                                   "\"shape\": [1, " +
                                       std::to_string(input[0]) + "]"
                                 : std::string("choose another backbone, such as \"dense\"")));
}

}  // namespace

RecurrentBackbone::RecurrentBackbone(const Config& config, const BackboneContext& context)
    : config_(config), output_(context.output_shape()), code_(context.code_dimension()) {
  require_series_of_steps(context.input);
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
