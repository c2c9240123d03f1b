#include "aelab/nn/convolutional_1d_backbone.h"

#include <ATen/ATen.h>

#include "aelab/core/problems.h"
#include "aelab/nn/series.h"

namespace aelab {

void SeriesConvolution::fields(Fields& f) {
  f("channels", channels, "number of its output channels", between(1, kWidest))
      .scales_with_width()
      .also_known_as({"filters", "out_channels", "conv"});
  f("kernel", kernel, "length of its kernel", at_least(1)).also_known_as({"kernel_size", "filter_size"});
  f("stride", stride, "its stride", between(1, 1000)).also_known_as({"strides"});
  f("padding", padding,
    "zero padding; same: half a kernel (odd ones) on both sides, which with stride 1 keeps the length; "
    "valid: "
    "none; full: kernel - 1 on both sides");
  f.require(padding != Padding::same || kernel % 2 == 1, "kernel", "must be odd with \"same\" padding");
}

void Convolutional1dBackbone::Config::fields(Fields& f) {
  f("layers", layers, "convolutions of the encoder; the decoder mirrors them")
      .also_known_as({"encoder", "convolutions", "blocks"});
  hidden.fields(f);
  f.require(!layers.empty(), "layers", "must have at least one convolution");
}

std::vector<Convolutional1dBackbone::Config> Convolutional1dBackbone::Config::examples() {
  return {{.layers = {{.channels = 4}, {.channels = 3}}},
          {.layers = {{.channels = 4, .kernel = 4, .stride = 3, .padding = Padding::valid}},
           .hidden = {.activation = Activation::tanh,
                      .regularization = {.normalization = Normalize::batch, .dropout = 0.1}}},
          {.layers = {{.channels = 3, .kernel = 3, .padding = Padding::full}},
           .hidden = {.regularization = {.normalization = Normalize::layer}}}};
}

Convolutional1dBackbone::Convolutional1dBackbone(const Config& config, const BackboneContext& context)
    : SpatialBackbone(config.hidden, context) {
  require_series(context.input, "1-d convolutions");
  Initializer initializer(context.seed, "initialization", context.device);
  const auto append_convolution = [&](const SpatialConvolution& convolution, const HiddenLayers& hidden) {
    append(std::make_shared<ConvolutionLayer>(convolution, hidden, next(), initializer));
  };
  std::vector<SpatialConvolution> encoder;
  for (const auto& layer : config.layers) {
    encoder.push_back({.input = shape(),
                       .channels = layer.channels,
                       .kernel = layer.kernel,
                       .stride = layer.stride,
                       .padding = layer.padding});
    in_field("layers[" + std::to_string(encoder.size() - 1) + "]", [&] { output_shape(encoder.back()); });
    append_convolution(encoder.back(), config.hidden);
  }
  append_code(context, initializer);
  const HiddenLayers output = {.activation = Activation::linear,
                               .initialization = config.hidden.initialization};
  for (std::size_t i = encoder.size(); i-- > 0;) {
    auto mirrored = encoder[i];
    mirrored.enlarged = encoder[i].input;
    mirrored.channels = i == 0 ? context.output_channels() : encoder[i].input[0];
    mirrored.input = shape();
    mirrored.upsampling = Upsampling::transposed;
    append_convolution(mirrored, i == 0 ? output : config.hidden);
  }
}

}  // namespace aelab
