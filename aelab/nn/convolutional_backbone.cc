#include "aelab/nn/convolutional_backbone.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "aelab/core/config.h"

namespace aelab {

void ConvolutionalLayer::fields(Fields& f) {
  f("conv", conv, "a convolution with this number of output channels", between(1, kWidest))
      .also_known_as({"filters", "channels", "out_channels", "conv2d"});
  f("pool", pool, "pooling: max or average").also_known_as({"pooling", "maxpool", "max_pool"});
  f("upsample", upsample, "upsampling by this factor (nearest neighbor)", at_least(1))
      .also_known_as({"upsampling", "scale_factor", "unpool"});
  f("crop", crop, "crops the image to this [height, width], from the top left", at_least(1))
      .also_known_as({"cropping"});
  if (conv || f.describing()) {
    f("kernel", kernel, "height and width of a convolution's kernel", at_least(1))
        .also_known_as({"kernel_size", "filter_size"});
    f("stride", stride, "stride of a convolution", at_least(1)).also_known_as({"strides"});
    f("padding", padding,
      "zero padding of a convolution; same: keeps the size (odd kernels); valid: none; full: kernel - 1 on "
      "every side");
    f("activation", activation, "activation of a convolution").also_known_as({"nonlinearity"});
  }
  if (pool || f.describing()) {
    f("size", size, "height, width and stride of the pooling window", at_least(1))
        .also_known_as({"pool_size", "window"});
    f("ceil", ceil, "keeps windows that are cut off at the border: 7 pooled by 2 gives 4, not 3")
        .also_known_as({"ceil_mode"});
  }
  f.require(conv.has_value() + pool.has_value() + upsample.has_value() + crop.has_value() == 1, "",
            "must have exactly one of \"conv\", \"pool\", \"upsample\" and \"crop\"");
  f.require(!conv || padding != Padding::same || kernel % 2 == 1, "kernel",
            "must be odd with \"same\" padding");
  f.require(!crop || crop->size() == 2, "crop", "must be [height, width]");
}

namespace {

/// The channels of all convolutions but the last, which makes the code or the output: "[0].conv".
std::vector<std::string> inner_convolutions(const std::vector<ConvolutionalLayer>& layers) {
  std::vector<std::string> entries;
  for (std::size_t i = 0; i < layers.size(); ++i)
    if (layers[i].conv) entries.push_back("[" + std::to_string(i) + "].conv");
  if (!entries.empty()) entries.pop_back();
  return entries;
}

}  // namespace

void ConvolutionalBackbone::Config::fields(Fields& f) {
  f("encoder", encoder, "layers of the encoder").scales_with_width(inner_convolutions(encoder));
  f("decoder", decoder,
    "layers of the decoder, whose output must have the shape of the input; if omitted, the encoder's layers "
    "in reverse order, fitted to that shape")
      .scales_with_width(inner_convolutions(decoder));
  f("initialization", initialization, "distribution of the initial weights")
      .also_known_as({"init", "initializer", "weight_init", "kernel_initializer"});
  regularization.fields(f);
  f.require(!encoder.empty(), "encoder", "must have at least one layer");
}

std::vector<ConvolutionalLayer> ConvolutionalBackbone::Config::lecture_encoder() {
  const ConvolutionalLayer pool = {.pool = Pooling::max, .ceil = true};  // of 28x28, only the last is cut off
  return {{.conv = 16, .activation = Activation::relu}, pool,
          {.conv = 8, .activation = Activation::relu},  pool,
          {.conv = 8, .activation = Activation::relu},  pool};
}

std::vector<ConvolutionalLayer> ConvolutionalBackbone::Config::lecture_decoder(std::int64_t channels) {
  return {{.conv = 8, .activation = Activation::relu},
          {.upsample = 2},
          {.conv = 8, .activation = Activation::relu},
          {.upsample = 2},
          {.conv = 16, .padding = Padding::valid, .activation = Activation::relu},
          {.upsample = 2},
          {.conv = channels, .kernel = 5}};
}

std::vector<ConvolutionalBackbone::Config> ConvolutionalBackbone::Config::examples() {
  return {
      {.encoder = {{.conv = 4, .activation = Activation::relu}, {.pool = Pooling::max}},
       .decoder = {{.upsample = 2}, {.conv = 1, .kernel = 5}}},
      {.encoder =
           {{.conv = 3, .kernel = 2, .stride = 2, .padding = Padding::valid, .activation = Activation::tanh},
            {.pool = Pooling::average, .size = 3, .ceil = true}},
       .decoder = {{.upsample = 5}, {.conv = 1, .padding = Padding::valid}}},
      {.encoder = {{.conv = 3, .kernel = 2, .padding = Padding::valid, .activation = Activation::relu},
                   {.pool = Pooling::max}}},
      {.encoder = {{.conv = 4, .activation = Activation::relu}, {.pool = Pooling::max}},
       .regularization = {.normalization = Normalize::batch, .dropout = 0.1}},
      {.encoder = {{.conv = 4, .stride = 2, .activation = Activation::relu}},
       .regularization = {.normalization = Normalize::layer}}};
}

namespace {

// As LibTorch does: a window that would start outside the image is dropped.
std::int64_t pooled(std::int64_t size, const ConvolutionalLayer& layer) {
  return layer.ceil ? (size + layer.size - 1) / layer.size : size / layer.size;
}

}  // namespace

Shape output_shape(const ConvolutionalLayer& layer, const Shape& in) {
  const auto smallest = std::min(in[1], in[2]);
  if (layer.conv)
    return output_shape({.input = in,
                         .channels = *layer.conv,
                         .kernel = layer.kernel,
                         .stride = layer.stride,
                         .padding = layer.padding});
  if (layer.pool) {
    if (smallest < layer.size)
      throw Error("its window of " + std::to_string(layer.size) + " is larger than its input of " +
                  to_string(in));
    return {in[0], pooled(in[1], layer), pooled(in[2], layer)};
  }
  if (layer.crop) {
    const Shape out = {in[0], (*layer.crop)[0], (*layer.crop)[1]};
    if (in[1] < out[1] || in[2] < out[2])
      throw Error("cannot crop its input of " + to_string(in) + " to " + to_string(out));
    return out;
  }
  return {in[0], in[1] * *layer.upsample, in[2] * *layer.upsample};
}

namespace {

/// Of the layers, for an input of this shape.
Shape final_shape(const std::vector<ConvolutionalLayer>& layers, Shape shape, const std::string& network) {
  for (std::size_t i = 0; i < layers.size(); ++i)
    in_field(network + "[" + std::to_string(i) + "]", [&] { shape = output_shape(layers[i], shape); });
  return shape;
}

bool leads_to(const std::vector<ConvolutionalLayer>& layers, const Shape& from, const Shape& to) try {
  return final_shape(layers, from, "") == to;
} catch (const Error&) {
  return false;
}

std::vector<ConvolutionalLayer> default_decoder(const ConvolutionalBackbone::Config& config,
                                                const BackboneContext& context, const Shape& code) {
  const auto output = context.output_shape();
  auto lecture = ConvolutionalBackbone::Config::lecture_decoder(output[0]);
  return leads_to(lecture, code, output) ? lecture
                                         : mirrored_decoder(config.encoder, context.input, output[0]);
}

/// As in a run file, without the fields that have their default values.
std::string in_json(const std::vector<ConvolutionalLayer>& layers) {
  auto list = nlohmann::json::array();
  for (const auto& layer : layers) {
    auto written = write_config(layer);
    const ConvolutionalLayer plain = {
        .conv = layer.conv, .pool = layer.pool, .upsample = layer.upsample, .crop = layer.crop};
    const auto defaults = write_config(plain);
    for (const auto* field : {"kernel", "stride", "padding", "activation", "size", "ceil"})
      if (defaults.contains(field) && defaults[field] == written[field]) written.erase(field);
    list.push_back(std::move(written));
  }
  return list.dump();
}

[[noreturn]] void refuse_decoder(const ConvolutionalBackbone::Config& config, const BackboneContext& context,
                                 const Shape& code) {
  try {
    const auto wanted = context.output_shape();
    const auto output = final_shape(config.decoder, code, "decoder");
    throw FieldError("decoder", "its output is " + to_string(output) + ", but " +
                                    (wanted == context.input ? "the data are " : "the likelihood needs ") +
                                    to_string(wanted) + "; the code is " + to_string(code));
  } catch (const FieldError& error) {
    throw FieldError(error.path(), error.problem() +
                                       ". Leave \"decoder\" out, or write for example \"decoder\": " +
                                       in_json(default_decoder(config, context, code)));
  }
}

/// What to write where rows of so many values are images.
std::string image_hint(std::int64_t values) {
  const auto side = std::llround(std::sqrt(static_cast<double>(values)));
  const auto size = std::to_string(side);
  return "; if rows of a table are images, give their shape in \"data\"" +
         (side * side == values ? ", such as \"shape\": [1, " + size + ", " + size + "]" : std::string());
}

}  // namespace

void require_images(const Shape& input) {
  if (input.size() == 3) return;
  throw Error("convolutions need images, [channels, height, width]; the data have shape [" + in_list(input) +
              "]" + (input.size() == 1 ? image_hint(input[0]) : ""));
}

ConvolutionalBackbone::ConvolutionalBackbone(const Config& config, const BackboneContext& context)
    : config_(config), channels_(context.input.at(0)) {
  require_images(context.input);
  Initializer initializer(context.seed, "initialization", context.device);
  code_ = build(encoder_, config.encoder, "encoder", context.conditioned(context.input),
                config.initialization, initializer);
  if (context.code && *context.code != elements(code_))
    throw FieldError("../code", "the shape of a convolutional code follows from the encoder's layers: " +
                                    to_string(code_) + "; leave \"code\" out, or change the layers");
  const Shape output = {context.output_channels(), context.input[1], context.input[2]};
  const auto decoded = context.conditioned(code_);
  if (config.decoder.empty()) {
    config_.decoder = default_decoder(config, context, decoded);
  } else if (!leads_to(config.decoder, decoded, output)) {
    refuse_decoder(config, context, decoded);
  }
  build_head(context, initializer);
  build(decoder_, config_.decoder, "decoder", decoded, config.initialization, initializer);
  if (config.regularization.any()) regularize(initializer);
}

void ConvolutionalBackbone::regularize(const Initializer& initializer) {
  const auto encoders = config_.encoder.size();  // without a head, whose output is the pre-code
  for (const auto& [network, layers, count] :
       {std::tuple("encoder", &encoder_, encoders), {"decoder", &decoder_, decoder_.size()}}) {
    std::size_t last = 0;
    for (std::size_t i = 0; i < count; ++i)
      if ((*layers)[i].convolution) last = i;
    for (std::size_t i = 0; i < count; ++i) {
      auto& layer = (*layers)[i];
      layer.hidden = layer.convolution && (layers == &encoder_ || i < last);
      if (!layer.hidden || config_.regularization.normalization == Normalize::none) continue;
      layer.normalization =
          register_module(network + ("_" + std::to_string(i)) + "_normalization",
                          std::make_shared<Normalization>(config_.regularization.normalization,
                                                          layer.output[0], initializer));
    }
  }
}

void ConvolutionalBackbone::build_head(const BackboneContext& context, Initializer& initializer) {
  const auto wanted = context.pre_code_shape(code_);
  if (wanted == code_) return;
  if (wanted.size() != 3 || wanted[1] != code_[1] || wanted[2] != code_[2])
    throw FieldError("../bottleneck",
                     "needs " + to_string(wanted) + " of the encoder, whose images are " + to_string(code_));
  build(encoder_, {{.conv = wanted[0], .kernel = 1}}, "encoder", code_, config_.initialization, initializer);
}

Shape ConvolutionalBackbone::build(std::vector<Layer>& layers, const std::vector<ConvolutionalLayer>& configs,
                                   const std::string& name, Shape shape, Initialization initialization,
                                   Initializer& initializer) {
  for (std::size_t i = layers.size(), first = i; i < first + configs.size(); ++i) {
    const auto& layer = configs[i - first];
    const auto output =
        in_field(name + "[" + std::to_string(i) + "]", [&] { return output_shape(layer, shape); });
    std::shared_ptr<Convolution> convolution;
    if (layer.conv)
      convolution = register_module(
          name + "_" + std::to_string(i),
          std::make_shared<Convolution>(Shape{*layer.conv, shape[0], layer.kernel, layer.kernel},
                                        initialization, initializer));
    layers.push_back({.config = layer, .convolution = convolution, .output = output});
    shape = output;
  }
  return shape;
}

Tensor ConvolutionalBackbone::run(const std::vector<Layer>& layers, const std::string& name, const Tensor& x,
                                  const Step& step) const {
  std::vector<ImageLayer> network;  // the layers since `images`, to be run at once
  auto images = x;
  const auto flush = [&] {
    if (!network.empty()) images = convolve(network, images);
    network.clear();
  };
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const auto& layer = layers[i].config;
    if (layer.crop) {
      flush();
      images = images.narrow(2, 0, (*layer.crop)[0]).narrow(3, 0, (*layer.crop)[1]);
    } else if (layer.conv) {
      const auto& convolution = *layers[i].convolution;
      network.push_back({.kind = ImageLayer::Kind::convolution,
                         .weight = convolution.weight,
                         .bias = convolution.bias,
                         .padding = zeros(layer.padding, layer.kernel),
                         .stride = layer.stride,
                         .activation = layers[i].hidden ? Activation::linear : layer.activation});
      if (!layers[i].hidden) continue;
      flush();
      images = config_.regularization.finish(images, layers[i].normalization.get(), layer.activation,
                                             name + "_" + std::to_string(i), step);
    } else if (layer.pool) {
      network.push_back({.kind = ImageLayer::Kind::pooling,
                         .pooling = *layer.pool,
                         .ceil = layer.ceil,
                         .size = layer.size});
    } else {
      network.push_back({.kind = ImageLayer::Kind::upsampling, .size = *layer.upsample});
    }
  }
  flush();
  return images;
}

void ConvolutionalBackbone::after_step() {
  for (const auto* layers : {&encoder_, &decoder_})
    for (const auto& layer : *layers)
      if (layer.normalization) layer.normalization->after_step();
}

namespace {

std::string in_words(const ConvolutionalLayer& layer) {
  if (layer.pool) return std::string(name_of(*layer.pool)) + " pooling by " + std::to_string(layer.size);
  if (layer.upsample) return "upsampling by " + std::to_string(*layer.upsample);
  if (layer.crop)
    return "crop to " + std::to_string((*layer.crop)[0]) + "x" + std::to_string((*layer.crop)[1]);
  const auto kernel = std::to_string(layer.kernel);
  const auto what = kernel + "x" + kernel + " convolution";
  return layer.stride > 1 ? what + ", stride " + std::to_string(layer.stride) : what;
}

}  // namespace

std::vector<LayerOutline> ConvolutionalBackbone::layers() const {
  std::vector<LayerOutline> outlines;
  for (const auto& [network, layers] : {std::pair("encoder", &encoder_), {"decoder", &decoder_}})
    for (const auto& layer : *layers) {
      const auto plain = in_words(layer.config);
      const auto activation = layer.config.conv ? layer.config.activation : Activation::linear;
      outlines.push_back(
          {.network = network,
           .what = layer.hidden ? config_.regularization.in_words(plain, activation)
                                : with_activation(plain, activation),
           .output = layer.output,
           .parameters = (layer.convolution ? parameter_count(*layer.convolution) : 0) +
                         (layer.normalization ? parameter_count(*layer.normalization) : 0),
           .affine = !layer.config.pool && activation == Activation::linear &&
                     !(layer.normalization && config_.regularization.normalization == Normalize::layer)});
    }
  return outlines;
}

Tensor ConvolutionalBackbone::filters() const {
  for (const auto& layer : encoder_)
    if (layer.convolution) return layer.convolution->weight.detach().narrow(1, 0, channels_);
  return {};
}

}  // namespace aelab
