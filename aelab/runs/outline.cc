#include "aelab/runs/outline.h"

#include <fmt/format.h>

#include "aelab/nn/convolutional_backbone.h"
#include "aelab/nn/dense_backbone.h"

namespace aelab {
namespace {

std::string with_activation(std::string what, Activation activation) {
  if (activation == Activation::linear) return what;
  return what + ", " + std::string(name_of(activation));
}

std::vector<LayerOutline> dense_outline(const DenseBackbone::Config& config, const Shape& input,
                                        std::int64_t code) {
  std::vector<std::int64_t> widths = {elements(input)};
  widths.insert(widths.end(), config.hidden.begin(), config.hidden.end());
  widths.push_back(code);
  const auto depth = widths.size() - 1;
  std::vector<LayerOutline> layers;
  const auto add = [&](const std::string& network, std::int64_t in, Shape output, bool last, bool weights) {
    const auto out = elements(output);
    layers.push_back({network,
                      with_activation(weights ? "dense" : "dense, tied to the encoder",
                                      last ? Activation::linear : config.activation),
                      std::move(output), (weights ? in * out : 0) + (config.bias ? out : 0)});
  };
  for (std::size_t i = 0; i < depth; ++i)
    add("encoder", widths[i], {widths[i + 1]}, i + 1 == depth, /*weights=*/true);
  for (std::size_t i = depth; i-- > 0;)
    add("decoder", widths[i + 1], i == 0 ? input : Shape{widths[i]}, i == 0, !config.tied);
  return layers;
}

std::string in_words(const ConvolutionalLayer& layer) {
  if (layer.pool) return fmt::format("{} pooling by {}", name_of(*layer.pool), layer.size);
  if (layer.upsample) return fmt::format("upsampling by {}", *layer.upsample);
  if (layer.crop) return fmt::format("crop to {}x{}", (*layer.crop)[0], (*layer.crop)[1]);
  auto what = fmt::format("{0}x{0} convolution", layer.kernel);
  if (layer.stride > 1) what += fmt::format(", stride {}", layer.stride);
  return with_activation(std::move(what), layer.activation);
}

std::vector<LayerOutline> convolutional_outline(const ConvolutionalBackbone::Config& config,
                                                const Shape& input) {
  std::vector<LayerOutline> layers;
  auto shape = input;
  const auto add = [&](const std::string& network, const std::vector<ConvolutionalLayer>& configs) {
    for (const auto& layer : configs) {
      const auto parameters =
          layer.conv ? *layer.conv * (shape[0] * layer.kernel * layer.kernel + 1) : std::int64_t{0};
      shape = output_shape(layer, shape, network);
      layers.push_back({network, in_words(layer), shape, parameters});
    }
  };
  add("encoder", config.encoder);
  add("decoder", config.decoder);
  return layers;
}

/// Encoders from the input upwards, then decoders back down.
std::vector<LayerOutline> stack_outline(const Autoencoder& stack) {
  std::vector<LayerOutline> encoders, decoders;
  for (const auto& model : stack.layers()) {
    const auto layers = outline(*model);
    const auto middle = std::find_if(layers.begin(), layers.end(),
                                     [](const auto& layer) { return layer.network == "decoder"; });
    encoders.insert(encoders.end(), layers.begin(), middle);
    decoders.insert(decoders.begin(), middle, layers.end());
  }
  encoders.insert(encoders.end(), decoders.begin(), decoders.end());
  return encoders;
}

}  // namespace

std::vector<LayerOutline> outline(const Autoencoder& model) {
  if (!model.layers().empty()) return stack_outline(model);
  const auto& backbone = model.config().backbone;
  if (!backbone) return {};
  if (const auto* dense = backbone->get_if<DenseBackbone::Config>())
    return dense_outline(*dense, model.input_shape(), elements(model.code_shape()));
  if (const auto* convolutional = backbone->get_if<ConvolutionalBackbone::Config>())
    return convolutional_outline(*convolutional, model.input_shape());
  return {};
}

}  // namespace aelab
