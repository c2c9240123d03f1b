#include "aelab/nn/spatial_layers.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>

#include "aelab/core/error.h"
#include "aelab/nn/convolution.h"
#include "aelab/nn/threads.h"
#include "aelab/nn/work.h"

namespace aelab {

std::span<const std::string_view> names(Padding) {
  static constexpr std::array<std::string_view, 3> kNames = {"same", "valid", "full"};
  return kNames;
}

std::span<const std::string_view> names(Upsampling) {
  static constexpr std::array<std::string_view, 2> kNames = {"nearest", "transposed"};
  return kNames;
}

void HiddenLayers::fields(Fields& f) {
  f("activation", activation, "activation of the hidden layers").also_known_as({"nonlinearity", "act"});
  f("initialization", initialization, "distribution of the initial weights")
      .also_known_as({"init", "initializer", "weight_init", "kernel_initializer"});
  regularization.fields(f);
}

std::int64_t zeros(Padding padding, std::int64_t kernel) {
  if (padding == Padding::valid) return 0;
  return padding == Padding::same ? kernel / 2 : kernel - 1;
}

namespace {

/// What a convolution with this stride passes over at the end of `size` values: 0 to stride - 1 of them.
std::int64_t passed_over(const SpatialConvolution& convolution, std::int64_t size) {
  return (size + 2 * zeros(convolution.padding, convolution.kernel) - convolution.kernel) %
         convolution.stride;
}

Shape weight_shape(const SpatialConvolution& convolution) {
  Shape shape = {convolution.channels, convolution.input[0]};
  if (convolution.upsampling == Upsampling::transposed) std::swap(shape[0], shape[1]);
  shape.resize(convolution.input.size() + 1, convolution.kernel);
  return shape;
}

/// "3x3 convolution", "1-d convolution, kernel 5"
std::string kernel_in_words(const SpatialConvolution& convolution) {
  const auto kernel = std::to_string(convolution.kernel);
  const std::string what =
      convolution.upsampling == Upsampling::transposed ? "transposed convolution" : "convolution";
  return convolution.input.size() == 2 ? "1-d " + what + ", kernel " + kernel
                                       : kernel + "x" + kernel + " " + what;
}

std::string convolution_in_words(const SpatialConvolution& convolution) {
  const auto what = kernel_in_words(convolution);
  const auto stride = std::to_string(convolution.stride);
  if (convolution.stride == 1) return what;
  return convolution.upsampling == Upsampling::nearest ? "upsampling by " + stride + ", " + what
                                                       : what + ", stride " + stride;
}

}  // namespace

Shape output_shape(const SpatialConvolution& convolution) {
  auto shape = convolution.upsampling ? convolution.enlarged : convolution.input;
  shape[0] = convolution.channels;
  if (convolution.upsampling) return shape;
  const auto smallest = *std::min_element(shape.begin() + 1, shape.end());
  if (convolution.padding == Padding::valid && smallest < convolution.kernel)
    throw Error("its kernel of " + std::to_string(convolution.kernel) + " is larger than its input of " +
                to_string(convolution.input));
  const auto padding = 2 * zeros(convolution.padding, convolution.kernel);
  for (auto size = shape.begin() + 1; size != shape.end(); ++size)
    *size = (*size + padding - convolution.kernel) / convolution.stride + 1;
  return shape;
}

ConvolutionLayer::ConvolutionLayer(const SpatialConvolution& convolution, const HiddenLayers& hidden,
                                   std::string name, Initializer& initializer, bool starts_at_zero)
    : config_(convolution),
      hidden_(hidden),
      name_(std::move(name)),
      output_(output_shape(convolution)),
      parameters_(register_module(
          "convolution", std::make_shared<Convolution>(weight_shape(convolution), hidden.initialization,
                                                       initializer, is_transposed()))) {
  const auto method = hidden.regularization.normalization;
  if (method != Normalize::none) {
    normalization_ = register_module(
        "normalization",
        std::make_shared<Normalization>(method, convolution.channels, initializer, starts_at_zero));
  } else if (starts_at_zero) {
    const at::NoGradGuard no_grad;
    parameters_->weight.zero_();
  }
}

Tensor ConvolutionLayer::forward(const Tensor& x, const Step& step) const {
  // Without anything in between, a convolution and its activation are one operation.
  if (!hidden_.regularization.any()) return convolved(x, hidden_.activation);
  return hidden_.regularization.finish(convolved(x, Activation::linear), normalization_.get(),
                                       hidden_.activation, name_, step);
}

Tensor ConvolutionLayer::convolved(const Tensor& x, Activation activation) const {
  const auto dimensions = output_.size() - 1;
  if (dimensions == 2 && !is_transposed()) return convolved_images(x, activation);
  const auto& weight = parameters_->weight;
  const Shape moved(dimensions, config_.stride), still(dimensions, 1),
      around(dimensions, zeros(config_.padding, config_.kernel));
  Shape beyond(dimensions, 0);
  if (is_transposed())
    std::transform(output_.begin() + 1, output_.end(), beyond.begin(),
                   [&](auto size) { return passed_over(config_, size); });
  const auto& places = is_transposed() ? config_.input : output_;
  count_multiply_adds(x.size(0) * weight.numel() * elements(places) / places[0], x.requires_grad(),
                      weight.requires_grad());
  settle_threads();
  return activate(activation, at::convolution(x, weight, parameters_->bias, moved, around, still,
                                              is_transposed(), beyond, /*groups=*/1));
}

Tensor ConvolutionLayer::convolved_images(const Tensor& x, Activation activation) const {
  ImageLayer convolution = {.weight = parameters_->weight,
                            .bias = parameters_->bias,
                            .padding = zeros(config_.padding, config_.kernel),
                            .stride = config_.stride,
                            .activation = activation};
  if (!config_.upsampling) return convolve({convolution}, x);
  convolution.stride = 1;
  if (config_.stride == 1) return convolve({convolution}, x);
  const ImageLayer upsampling = {.kind = ImageLayer::Kind::upsampling, .size = config_.stride};
  const auto height = output_[1], width = output_[2];
  if (x.size(2) * config_.stride == height && x.size(3) * config_.stride == width)
    return convolve({upsampling, convolution}, x);
  return convolve({convolution}, convolve({upsampling}, x).slice(2, 0, height).slice(3, 0, width));
}

void ConvolutionLayer::after_step() {
  if (normalization_) normalization_->after_step();
}

LayerOutline ConvolutionLayer::outline() const {
  const auto& regularization = hidden_.regularization;
  return {
      .network = {},
      .what = regularization.in_words(convolution_in_words(config_), hidden_.activation),
      .output = output_,
      .parameters = parameter_count(*this),
      .affine = hidden_.activation == Activation::linear && regularization.normalization != Normalize::layer};
}

}  // namespace aelab
