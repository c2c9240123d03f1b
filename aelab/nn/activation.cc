#include "aelab/nn/activation.h"

#include <ATen/ATen.h>

#include <array>

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

}  // namespace aelab
