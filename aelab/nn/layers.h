#pragma once

#include <ATen/core/Generator.h>
#include <torch/nn/module.h>

#include <string_view>

#include "aelab/nn/activation.h"

namespace aelab {

/// The first of three seams for speed, used by every dense layer of the library; convolve() and
/// cross_entropy_of_logits() are the others. Differentiable to the second order.
/// activation(x weight^T + bias): x [batch, in], weight [out, in], bias [out] or undefined -> [batch, out].
at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                  Activation activation = Activation::linear);

/// Distributions of the initial weights; biases start at zero. Fans include the whole receptive field.
enum class Initialization {
  glorot_uniform,  ///< U(+-sqrt(6 / (fan_in + fan_out))), Glorot & Bengio 2010, eq. 16; Keras's default
  glorot_normal,   ///< N(0, 2 / (fan_in + fan_out))
  he_uniform,      ///< U(+-sqrt(6 / fan_in)), He et al. 2015, eq. 10
  he_normal,       ///< N(0, 2 / fan_in)
  lecun_normal,    ///< N(0, 1 / fan_in), LeCun et al. 1998
};

std::span<const std::string_view> names(Initialization);

/// Makes the initial parameters of a model's layers, one after the other, from a seed. On the meta device
/// they have shapes and no values, and cost nothing: to describe a model and to count its parameters.
class Initializer {
 public:
  explicit Initializer(std::int64_t seed, std::string_view stream = "initialization",
                       at::Device device = at::kCPU);
  /// shape: [out, in, ...receptive field]
  at::Tensor weight(at::IntArrayRef shape, Initialization initialization);
  at::Tensor zeros(at::IntArrayRef shape) const;
  at::Tensor ones(at::IntArrayRef shape) const;

 private:
  at::Generator random_;
  at::Device device_;
};

/// The parameters of a dense layer: weight [out, in], bias [out] or undefined.
class Affine : public torch::nn::Module {
 public:
  Affine(std::int64_t in, std::int64_t out, bool with_bias, Initialization initialization,
         Initializer& initializer);
  at::Tensor forward(const at::Tensor& x, Activation activation) const {
    return linear(x, weight, bias, activation);
  }
  at::Tensor weight, bias;
};

/// The parameters of a convolution: weight [out, in, ...kernel], bias [out]. Those of a transposed
/// convolution are the same with the weight [in, out, ...kernel], whose first two sizes trade places in the
/// fans, too, as in PyTorch.
class Convolution : public torch::nn::Module {
 public:
  Convolution(at::IntArrayRef weight_shape, Initialization initialization, Initializer& initializer,
              bool transposed = false);
  at::Tensor weight, bias;
};

}  // namespace aelab
