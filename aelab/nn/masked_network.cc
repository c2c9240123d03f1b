#include "aelab/nn/masked_network.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace aelab {
namespace {

// A unit's degree is the last feature that it may depend on: i for feature i, i - 1 for its outputs, and -1
// for the context.

/// The weight [out, in] without what leads from a unit to one of a lower degree.
at::Tensor masked(const at::Tensor& weight, const at::Tensor& of_inputs, const at::Tensor& of_outputs) {
  return weight * (of_outputs.unsqueeze(1) >= of_inputs);
}

std::shared_ptr<Affine> starting_at_zero(std::int64_t in, std::int64_t out, bool with_bias,
                                         Initializer& initializer) {
  auto layer = std::make_shared<Affine>(in, out, with_bias, Initialization::glorot_uniform, initializer);
  const at::NoGradGuard no_grad;
  layer->weight.zero_();
  return layer;
}

}  // namespace

MaskedNetwork::MaskedNetwork(const Sizes& sizes, Activation activation, Initializer& initializer)
    : sizes_(sizes), activation_(activation) {
  const auto inputs = sizes.context + sizes.features * sizes.inputs, outputs = sizes.outputs * sizes.features;
  auto width = inputs;
  for (const auto next : sizes.hidden) {
    hidden_.push_back(register_module(
        "hidden_" + std::to_string(hidden_.size()),
        std::make_shared<Affine>(width, next, /*with_bias=*/true, Initialization::he_uniform, initializer)));
    width = next;
  }
  direct_ = register_module("direct", starting_at_zero(inputs, outputs, /*with_bias=*/true, initializer));
  if (!hidden_.empty())
    output_ = register_module("output", starting_at_zero(width, outputs, /*with_bias=*/false, initializer));
}

at::Tensor MaskedNetwork::arange(std::int64_t count) const {
  return at::arange(count, direct_->weight.options().dtype(at::kLong));
}

at::Tensor MaskedNetwork::degrees_of_inputs() const {
  const auto places = arange(sizes_.context + sizes_.features * sizes_.inputs) - sizes_.context;
  return places.div(sizes_.inputs, "floor").clamp_min(-1);
}

at::Tensor MaskedNetwork::degrees_of_hidden(std::int64_t width) const {
  // From the context, or the first feature, to the last but one: the last leads nowhere.
  const std::int64_t lowest = sizes_.context > 0 ? -1 : 0;
  const auto count = std::max<std::int64_t>(sizes_.features - 1 - lowest, 1);
  return (arange(width) * count).div(width, "floor") + lowest;
}

at::Tensor MaskedNetwork::degrees_of_outputs() const {
  return (arange(sizes_.features) - 1).repeat({sizes_.outputs});
}

at::Tensor MaskedNetwork::forward(const at::Tensor& x, const at::Tensor& context) const {
  const auto inputs = context.defined() ? at::cat({context, x}, 1) : x;
  const auto of_inputs = degrees_of_inputs(), of_outputs = degrees_of_outputs();
  auto result = linear(inputs, masked(direct_->weight, of_inputs, of_outputs), direct_->bias);
  auto hidden = inputs;
  auto degrees = of_inputs;
  for (const auto& layer : hidden_) {
    const auto next = degrees_of_hidden(layer->weight.size(0));
    hidden = linear(hidden, masked(layer->weight, degrees, next), layer->bias, activation_);
    degrees = next;
  }
  if (output_)
    result = result + linear(hidden, masked(output_->weight, degrees, of_outputs), /*bias=*/at::Tensor());
  return result.view({x.size(0), sizes_.outputs, sizes_.features});
}

}  // namespace aelab
