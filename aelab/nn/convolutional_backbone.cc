#include "aelab/nn/convolutional_backbone.h"

#include <ATen/ATen.h>

#include <array>

#include "aelab/core/error.h"

namespace aelab {

std::span<const std::string_view> names(Padding) {
  static constexpr std::array<std::string_view, 2> kNames = {"same", "valid"};
  return kNames;
}

void ConvolutionalLayer::fields(Fields& f) {
  f("conv", conv, "a convolution with this many output channels", between(1, kWidest));
  f("pool", pool, "pooling: max or average");
  f("upsample", upsample, "enlargement by this factor, repeating pixels", at_least(1));
  if (conv || f.describing()) {
    f("kernel", kernel, "a convolution's kernel height and width", at_least(1));
    f("stride", stride, "a convolution's stride", at_least(1));
    f("padding", padding, "same: zeros around the image keep its size (odd kernels); valid: no padding");
    f("activation", activation, "a convolution's activation");
  }
  if (pool || f.describing()) {
    f("size", size, "height and width of the pooling window, which is its stride too", at_least(1));
    f("ceil", ceil, "windows cut off at the border count: 7 pooled by 2 gives 4, not 3");
  }
  f.require(conv.has_value() + pool.has_value() + upsample.has_value() == 1, "",
            "must have exactly one of \"conv\", \"pool\" and \"upsample\"");
  f.require(!conv || padding == Padding::valid || kernel % 2 == 1, "kernel",
            "must be odd with \"same\" padding");
}

void ConvolutionalBackbone::Config::fields(Fields& f) {
  f("encoder", encoder, "the encoder's layers");
  f("decoder", decoder, "the decoder's layers; they must end in the shape of the input");
  f("initialization", initialization, "how weights are drawn before training");
  f.require(!encoder.empty(), "encoder", "must have at least one layer");
  f.require(!decoder.empty(), "decoder", "must have at least one layer");
}

std::vector<ConvolutionalLayer> ConvolutionalBackbone::Config::lecture_encoder() {
  return {{.conv = 16, .activation = Activation::relu}, {.pool = Pooling::max},
          {.conv = 8, .activation = Activation::relu},  {.pool = Pooling::max},
          {.conv = 8, .activation = Activation::relu},  {.pool = Pooling::max, .ceil = true}};
}

std::vector<ConvolutionalLayer> ConvolutionalBackbone::Config::lecture_decoder() {
  return {{.conv = 8, .activation = Activation::relu},
          {.upsample = 2},
          {.conv = 8, .activation = Activation::relu},
          {.upsample = 2},
          {.conv = 16, .padding = Padding::valid, .activation = Activation::relu},
          {.upsample = 2},
          {.conv = 1, .kernel = 5}};
}

std::vector<ConvolutionalBackbone::Config> ConvolutionalBackbone::Config::examples() {
  return {
      {.encoder = {{.conv = 4, .activation = Activation::relu}, {.pool = Pooling::max}},
       .decoder = {{.upsample = 2}, {.conv = 1, .kernel = 5}}},
      {.encoder =
           {{.conv = 3, .kernel = 2, .stride = 2, .padding = Padding::valid, .activation = Activation::tanh},
            {.pool = Pooling::average, .size = 3, .ceil = true}},
       .decoder = {{.upsample = 5}, {.conv = 1, .padding = Padding::valid}}}};
}

namespace {

std::string refused(const std::string& where, const std::string& what) {
  return "model.backbone." + where + ": " + what;
}

std::int64_t convolved(std::int64_t size, const ConvolutionalLayer& layer) {
  const auto padding = layer.padding == Padding::same ? layer.kernel - 1 : 0;
  return (size + padding - layer.kernel) / layer.stride + 1;
}

// LibTorch's rule: a window that would start outside the image is dropped.
std::int64_t pooled(std::int64_t size, const ConvolutionalLayer& layer) {
  return layer.ceil ? (size + layer.size - 1) / layer.size : size / layer.size;
}

}  // namespace

Shape output_shape(const ConvolutionalLayer& layer, const Shape& in, const std::string& where) {
  const auto smallest = std::min(in[1], in[2]);
  if (layer.conv) {
    if (layer.padding == Padding::valid && smallest < layer.kernel)
      throw Error(refused(where, "its kernel of " + std::to_string(layer.kernel) +
                                     " is larger than its input of " + to_string(in)));
    return {*layer.conv, convolved(in[1], layer), convolved(in[2], layer)};
  }
  if (layer.pool) {
    if (smallest < layer.size)
      throw Error(refused(where, "its window of " + std::to_string(layer.size) +
                                     " is larger than its input of " + to_string(in)));
    return {in[0], pooled(in[1], layer), pooled(in[2], layer)};
  }
  return {in[0], in[1] * *layer.upsample, in[2] * *layer.upsample};
}

ConvolutionalBackbone::ConvolutionalBackbone(const Config& config, const BackboneContext& context) {
  if (context.input.size() != 3)
    throw Error("model.backbone: convolutions need images, [channels, height, width]; the data are " +
                to_string(context.input));
  auto random = random_generator(context.seed, "initialization");
  code_ = build(encoder_, config.encoder, "encoder", context.input, config.initialization, random);
  if (context.code && *context.code != elements(code_))
    throw Error("model.code: a convolutional code's shape follows from the encoder's layers: " +
                to_string(code_) + "; leave \"code\" out or change them");
  const auto output = build(decoder_, config.decoder, "decoder", code_, config.initialization, random);
  if (output != context.input)
    throw Error(refused("decoder", "it ends in " + to_string(output) + ", the data are " +
                                       to_string(context.input) + "; from the code of " + to_string(code_) +
                                       " its layers must lead back to that shape"));
}

Shape ConvolutionalBackbone::build(std::vector<Layer>& layers, const std::vector<ConvolutionalLayer>& configs,
                                   const std::string& name, Shape shape, Initialization initialization,
                                   at::Generator& random) {
  for (std::size_t i = 0; i < configs.size(); ++i) {
    const auto& layer = configs[i];
    const auto output = output_shape(layer, shape, name + "[" + std::to_string(i) + "]");
    std::shared_ptr<Convolution> convolution;
    if (layer.conv)
      convolution = register_module(
          name + "_" + std::to_string(i),
          std::make_shared<Convolution>(shape[0], *layer.conv, layer.kernel, initialization, random));
    layers.push_back({layer, convolution});
    shape = output;
  }
  return shape;
}

Tensor ConvolutionalBackbone::run(const std::vector<Layer>& layers, const Tensor& x) {
  std::vector<ImageLayer> network;
  for (const auto& [layer, convolution] : layers) {
    if (convolution)
      network.push_back({.kind = ImageLayer::Kind::convolution,
                         .weight = convolution->weight,
                         .bias = convolution->bias,
                         .padding = layer.padding == Padding::same ? layer.kernel / 2 : 0,
                         .stride = layer.stride,
                         .activation = layer.activation});
    else if (layer.pool)
      network.push_back({.kind = ImageLayer::Kind::pooling,
                         .pooling = *layer.pool,
                         .ceil = layer.ceil,
                         .size = layer.size});
    else
      network.push_back({.kind = ImageLayer::Kind::upsampling, .size = *layer.upsample});
  }
  return convolve(network, x);
}

Tensor ConvolutionalBackbone::filters() const {
  for (const auto& layer : encoder_)
    if (layer.convolution) return layer.convolution->weight.detach();
  return {};
}

}  // namespace aelab
