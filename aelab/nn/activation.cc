#include "aelab/nn/activation.h"

#include <ATen/ATen.h>

#include <array>
#include <cmath>
#include <numbers>

namespace aelab {

std::span<const std::string_view> names(Activation) {
  static constexpr std::array<std::string_view, 10> kNames = {
      "linear", "relu", "sigmoid", "tanh", "leaky-relu", "elu", "selu", "gelu", "silu", "softplus"};
  return kNames;
}

at::Tensor activate(Activation activation, const at::Tensor& x) {
  switch (activation) {
    case Activation::linear:
      return x;
    case Activation::relu:
      return at::relu(x);
    case Activation::sigmoid:
      return at::sigmoid(x);
    case Activation::tanh:
      return at::tanh(x);
    case Activation::leaky_relu:
      return at::leaky_relu(x);
    case Activation::elu:
      return at::elu(x);
    case Activation::selu:
      return at::selu(x);
    case Activation::gelu:
      return at::gelu(x);
    case Activation::silu:
      return at::silu(x);
    case Activation::softplus:
      return at::softplus(x);
  }
  throw std::logic_error("an activation without a function");
}

at::Tensor slope(Activation activation, const at::Tensor& x, const at::Tensor& y) {
  constexpr double kLeak = 0.01, kSeluScale = 1.0507009873554805, kSeluAlpha = 1.6732632423543772;
  const auto one = [&](const at::Tensor& negative) { return at::where(x > 0, at::ones_like(x), negative); };
  switch (activation) {
    case Activation::linear:
      return at::ones_like(x);
    case Activation::relu:
      return (x > 0).to(x.scalar_type());
    case Activation::sigmoid:
      return y * (1 - y);
    case Activation::tanh:
      return 1 - y * y;
    case Activation::leaky_relu:
      return one(at::full_like(x, kLeak));
    case Activation::elu:
      return one(y + 1);
    case Activation::selu:
      return at::where(x > 0, at::full_like(x, kSeluScale), y + kSeluScale * kSeluAlpha);
    case Activation::gelu:
      return 0.5 * (1 + at::erf(x / std::numbers::sqrt2)) +
             x * at::exp(-0.5 * x * x) / std::sqrt(2 * std::numbers::pi);
    case Activation::silu: {
      const auto gate = at::sigmoid(x);
      return gate + y * (1 - gate);
    }
    case Activation::softplus:
      return at::sigmoid(x);
  }
  throw std::logic_error("an activation without a slope");
}

std::string with_activation(std::string layer, Activation activation) {
  if (activation == Activation::linear) return layer;
  return layer + ", " + std::string(name_of(activation));
}

Bounds range(Activation activation) {
  switch (activation) {
    case Activation::relu:
    case Activation::softplus:
      return at_least(0);
    case Activation::sigmoid:
      return between(0, 1);
    case Activation::tanh:
      return between(-1, 1);
    default:
      return {};
  }
}

}  // namespace aelab
