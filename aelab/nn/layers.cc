#include "aelab/nn/layers.h"

#include <ATen/ATen.h>

#include <array>
#include <cmath>

#include "aelab/core/random.h"
#include "aelab/nn/kernels.h"
#include "aelab/nn/product.h"
#include "aelab/nn/threads.h"
#include "aelab/nn/work.h"

namespace aelab {

at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                  Activation activation) {
  count_multiply_adds(x.numel() * weight.size(0), x.requires_grad(), weight.requires_grad());
  settle_threads();
  if (kernels().linear != LinearKernel::onednn || !suits_onednn(x, weight))
    return activate(activation, at::linear(x, weight, bias));
  if (activation == Activation::relu) return onednn_product(x, weight, bias, /*relu=*/true);
  return activate(activation, onednn_product(x, weight, bias, /*relu=*/false));
}

std::span<const std::string_view> names(Initialization) {
  static constexpr std::array<std::string_view, 5> kNames = {"glorot-uniform", "glorot-normal", "he-uniform",
                                                             "he-normal", "lecun-normal"};
  return kNames;
}

Initializer::Initializer(std::int64_t seed, std::string_view stream, at::Device device)
    : random_(random_generator(seed, stream)), device_(device) {}

at::Tensor Initializer::weight(at::IntArrayRef shape, Initialization initialization) {
  auto weight = at::empty(shape, device_);
  if (weight.is_meta()) return weight;
  const double field = static_cast<double>(weight[0][0].numel());
  const double fan_in = static_cast<double>(shape[1]) * field,
               fan_out = static_cast<double>(shape[0]) * field;
  const auto uniform = [&](double variance) {
    const double limit = std::sqrt(3 * variance);
    return weight.uniform_(-limit, limit, random_);
  };
  const auto normal = [&](double variance) { return weight.normal_(0, std::sqrt(variance), random_); };
  switch (initialization) {
    case Initialization::glorot_uniform:
      return uniform(2 / (fan_in + fan_out));
    case Initialization::glorot_normal:
      return normal(2 / (fan_in + fan_out));
    case Initialization::he_uniform:
      return uniform(2 / fan_in);
    case Initialization::he_normal:
      return normal(2 / fan_in);
    case Initialization::lecun_normal:
      return normal(1 / fan_in);
  }
  throw std::logic_error("an initialization without a distribution");
}

at::Tensor Initializer::zeros(at::IntArrayRef shape) const { return at::zeros(shape, device_); }
at::Tensor Initializer::ones(at::IntArrayRef shape) const { return at::ones(shape, device_); }

Affine::Affine(std::int64_t in, std::int64_t out, bool with_bias, Initialization initialization,
               Initializer& initializer)
    : weight(register_parameter("weight", initializer.weight({out, in}, initialization))) {
  if (with_bias) bias = register_parameter("bias", initializer.zeros({out}));
}

Convolution::Convolution(at::IntArrayRef weight_shape, Initialization initialization,
                         Initializer& initializer, bool transposed)
    : weight(register_parameter("weight", initializer.weight(weight_shape, initialization))),
      bias(register_parameter("bias", initializer.zeros({weight_shape[transposed ? 1 : 0]}))) {}

}  // namespace aelab
