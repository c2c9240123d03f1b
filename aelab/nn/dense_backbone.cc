#include "aelab/nn/dense_backbone.h"

#include <ATen/ATen.h>

#include "aelab/core/error.h"

namespace aelab {

void DenseBackbone::Config::fields(Fields& f) {
  f("hidden", hidden, "widths of the encoder's hidden layers; the decoder mirrors them", between(1, kWidest))
      .also_known_as({"hidden_dims", "hidden_dim", "hidden_layers", "hidden_sizes", "hidden_size",
                      "hidden_layer_sizes", "hidden_units", "layers", "layer_sizes", "units", "widths"});
  f("activation", activation, "activation of the hidden layers").also_known_as({"nonlinearity", "act"});
  f("tied", tied, "the decoder uses the transposed weights of the encoder")
      .also_known_as({"tie_weights", "tied_weights", "weight_tying"});
  f("bias", bias, "layers have a bias").also_known_as({"use_bias"});
  f("center", center, "subtract the mean of the data from the input, and add it to the output")
      .also_known_as({"centre", "centered"});
  f("initialization", initialization, "distribution of the initial weights")
      .also_known_as({"init", "initializer", "weight_init", "kernel_initializer"});
}

std::vector<DenseBackbone::Config> DenseBackbone::Config::examples() {
  return {{},
          {.hidden = {12}, .activation = Activation::tanh},
          {.hidden = {12, 8}, .activation = Activation::sigmoid, .tied = true}};
}

DenseBackbone::DenseBackbone(const Config& config, const BackboneContext& context)
    : config_(config), input_(context.input) {
  if (!context.code)
    throw Error("model.code: a dense backbone needs the dimension of the code, such as \"code\": 32");
  code_ = *context.code;
  std::vector<std::int64_t> widths = {elements(input_)};
  widths.insert(widths.end(), config.hidden.begin(), config.hidden.end());
  widths.push_back(code_);
  auto random = random_generator(context.seed, "initialization");
  const auto layers = widths.size() - 1;
  for (std::size_t i = 0; i < layers; ++i)
    encoder_.push_back(register_module(
        "encoder_" + std::to_string(i),
        std::make_shared<Affine>(widths[i], widths[i + 1], config.bias, config.initialization, random)));
  if (config.center) mean_ = register_buffer("mean", at::zeros({widths.front()}));
  for (std::size_t i = 0; i < layers; ++i) {
    const auto in = widths[layers - i], out = widths[layers - i - 1];
    const auto name = "decoder_" + std::to_string(i);
    if (config.tied)
      decoder_biases_.push_back(config.bias ? register_parameter(name + "_bias", at::zeros({out}))
                                            : Tensor());
    else
      decoder_.push_back(register_module(
          name, std::make_shared<Affine>(in, out, config.bias, config.initialization, random)));
  }
}

Tensor DenseBackbone::features(const Tensor& x) const {
  const auto flat = x.flatten(1);
  return mean_.defined() ? flat - mean_ : flat;
}

Tensor DenseBackbone::encode(const Tensor& x) const {
  auto hidden = features(x);
  for (std::size_t i = 0; i < encoder_.size(); ++i)
    hidden = encoder_[i]->forward(hidden, i + 1 < encoder_.size() ? config_.activation : Activation::linear);
  return hidden;
}

Tensor DenseBackbone::decode(const Tensor& code) const {
  auto hidden = code;
  const auto layers = encoder_.size();
  for (std::size_t i = 0; i < layers; ++i) {
    const auto activation = i + 1 < layers ? config_.activation : Activation::linear;
    hidden = config_.tied
                 ? linear(hidden, encoder_[layers - i - 1]->weight.t(), decoder_biases_[i], activation)
                 : decoder_[i]->forward(hidden, activation);
  }
  if (mean_.defined()) hidden = hidden + mean_;
  auto shape = input_;
  shape.insert(shape.begin(), hidden.size(0));
  return hidden.reshape(shape);
}

std::vector<AffineLayer> DenseBackbone::affine_layers(const Tensor& x) const {
  std::vector<AffineLayer> layers;
  auto hidden = features(x);
  for (std::size_t i = 0; i + 1 < encoder_.size(); ++i) {
    const auto before = encoder_[i]->forward(hidden, Activation::linear);
    hidden = activate(config_.activation, before);
    layers.push_back({encoder_[i]->weight, slope(config_.activation, before, hidden)});
  }
  layers.push_back({encoder_.back()->weight, {}});
  return layers;
}

Tensor DenseBackbone::filters() const {
  if (input_.size() != 3) return {};
  return encoder_.front()->weight.detach().reshape({-1, input_[0], input_[1], input_[2]});
}

}  // namespace aelab
