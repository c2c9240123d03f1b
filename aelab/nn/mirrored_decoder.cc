// The decoder that undoes an encoder of convolutions and pooling, layer by layer.

#include <algorithm>

#include "aelab/core/problems.h"
#include "aelab/nn/convolutional_backbone.h"

namespace aelab {
namespace {

std::int64_t ceil_of(std::int64_t size, std::int64_t factor) { return (size + factor - 1) / factor; }

/// A convolution of the encoder with what shrinks the image around it.
struct Block {
  std::optional<ConvolutionalLayer> conv = {};
  std::int64_t channels = 0;  ///< of its input
  std::int64_t height = 0, width = 0;
  std::int64_t factor = 1;  ///< by which strides and pooling shrink the image
};

std::vector<Block> blocks_of(const std::vector<ConvolutionalLayer>& encoder, Shape shape) {
  std::vector<Block> blocks;
  for (std::size_t i = 0; i < encoder.size(); ++i) {
    const auto& layer = encoder[i];
    if (layer.conv || blocks.empty()) blocks.push_back({{}, shape[0], shape[1], shape[2]});
    auto& block = blocks.back();
    if (layer.conv) block.conv = layer;
    block.factor *= layer.conv ? layer.stride : layer.pool ? layer.size : 1;
    in_field("encoder[" + std::to_string(i) + "]", [&] { shape = output_shape(layer, shape); });
  }
  return blocks;
}

}  // namespace

std::vector<ConvolutionalLayer> mirrored_decoder(const std::vector<ConvolutionalLayer>& encoder,
                                                 const Shape& input, std::int64_t channels) {
  constexpr std::int64_t kOutputKernel = 5;
  const auto blocks = blocks_of(encoder, input);
  std::vector<ConvolutionalLayer> decoder;
  auto shape = input;
  for (const auto& layer : encoder) shape = output_shape(layer, shape);
  const auto append = [&](const ConvolutionalLayer& layer) {
    shape = output_shape(layer, shape);
    decoder.push_back(layer);
  };
  // "full" padding where the output would be smaller than the block's input, or than what is enlarged to it.
  const auto append_convolution = [&](ConvolutionalLayer conv, std::int64_t height, std::int64_t width) {
    const auto missing = std::max(height - shape[1], width - shape[2]);
    conv.stride = 1;
    conv.kernel =
        std::max(conv.kernel + 1 - conv.kernel % 2, missing + 1);  // odd, as "same" padding asks for
    conv.padding = missing > 0 ? Padding::full : Padding::same;
    append(conv);
  };
  for (auto block = blocks.rbegin(); block != blocks.rend(); ++block) {
    if (auto conv = block->conv) {
      if (decoder.empty()) {  // from the code: as wide and as nonlinear as the encoder before it
        conv->conv = std::max(*conv->conv, block->channels);
        if (conv->activation == Activation::linear) conv->activation = Activation::relu;
      }
      append_convolution(*conv, ceil_of(block->height, block->factor), ceil_of(block->width, block->factor));
    }
    if (block->factor > 1) append({.upsample = block->factor});
  }
  append_convolution({.conv = channels, .kernel = kOutputKernel}, input[1], input[2]);
  if (shape[1] != input[1] || shape[2] != input[2]) append({.crop = {{input[1], input[2]}}});
  return decoder;
}

}  // namespace aelab
