#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <string>
#include <string_view>

#include "aelab/core/fields.h"

namespace aelab {

/// Elementwise nonlinearities, with PyTorch's default constants.
enum class Activation { linear, relu, sigmoid, tanh, leaky_relu, elu, selu, gelu, silu, softplus };

std::span<const std::string_view> names(Activation);

/// The activation of every element of x, any shape.
at::Tensor activate(Activation activation, const at::Tensor& x);

/// Its derivative at every element of x, where y = activate(activation, x); differentiable again.
at::Tensor slope(Activation activation, const at::Tensor& x, const at::Tensor& y);

/// "dense, relu", of a layer "dense" with this activation; the linear one goes without saying.
std::string with_activation(std::string layer, Activation activation);

/// The range of its values.
Bounds range(Activation activation);

}  // namespace aelab
