#include "aelab/nn/convolution.h"

#include <gtest/gtest.h>

#include <limits>

#include "aelab/nn/direct_network.h"
#include "tests/nn/seams.h"

namespace aelab {
namespace {

using LayerKind = ImageLayer::Kind;

ImageLayer convolution(const Tensor& weight, const Tensor& bias, std::int64_t padding = 0,
                       std::int64_t stride = 1, Activation activation = Activation::linear) {
  return {.weight = weight, .bias = bias, .padding = padding, .stride = stride, .activation = activation};
}
ImageLayer pooling(Pooling pooling, std::int64_t size = 2, bool ceil = false) {
  return {.kind = LayerKind::pooling, .pooling = pooling, .ceil = ceil, .size = size};
}
ImageLayer upsampling(std::int64_t factor) { return {.kind = LayerKind::upsampling, .size = factor}; }

/// What the seam means, layer by layer.
Tensor definition(const std::vector<ImageLayer>& layers, Tensor x) {
  for (const auto& layer : layers) {
    if (layer.kind == LayerKind::convolution)
      x = activate(layer.activation, at::conv2d(x, layer.weight, layer.bias, layer.stride, layer.padding));
    else if (layer.kind == LayerKind::upsampling)
      x = at::upsample_nearest2d(x, {x.size(2) * layer.size, x.size(3) * layer.size});
    else if (layer.pooling == Pooling::max)
      x = std::get<0>(at::max_pool2d_with_indices(x, layer.size, layer.size, 0, 1, layer.ceil));
    else
      x = at::avg_pool2d(x, layer.size, layer.size, 0, layer.ceil, /*count_include_pad=*/false);
  }
  return x;
}

TEST(Convolve, AgreesWithValuesByHand) {
  const auto x = at::arange(1, 10, at::kFloat).view({1, 1, 3, 3});
  const auto weight = at::arange(1, 5, at::kFloat).view({1, 1, 2, 2});
  const auto bias = at::tensor({10.f});
  const auto expect = [&](const ImageLayer& layer, std::vector<float> values) {
    EXPECT_TRUE(at::equal(convolve({layer}, x).flatten(), at::tensor(values)));
  };
  for (const auto kernel : all_kernels()) {
    const Compute used({}, {.convolution = kernel});
    // Top left: 1*1 + 2*2 + 4*3 + 5*4 = 37, and 10 more a step to the right, 30 more a step down.
    expect(convolution(weight, bias), {47, 57, 77, 87});
    // Padded by one, every second window: 1*4; 2*3 + 3*4; 4*2 + 7*4; 5*1 + 6*2 + 8*3 + 9*4.
    expect(convolution(weight, bias, 1, 2), {14, 28, 46, 87});
    expect(convolution(weight, bias - 60, 0, 1, Activation::relu), {0, 0, 17, 27});
  }
}

/// Networks whose convolutions' weights are yet to be drawn: only the shapes of `weight` count.
struct Case {
  const char* name;
  std::int64_t rows, channels, height, width;
  std::vector<ImageLayer> layers;
};

ImageLayer shaped(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t padding = 0,
                  std::int64_t stride = 1, Activation activation = Activation::linear) {
  return convolution(at::empty({out, in, kernel, kernel}), at::empty({out}), padding, stride, activation);
}

std::vector<Case> cases() {
  const auto relu = Activation::relu;
  return {
      {"one number", 1, 1, 1, 1, {shaped(1, 1, 1)}},
      {"same", 3, 1, 8, 8, {shaped(1, 4, 3, 1)}},
      {"strides that leave a rest", 2, 3, 8, 7, {shaped(3, 2, 3, 0, 2, relu), shaped(2, 3, 2, 1, 2)}},
      {"stride 3", 17, 2, 10, 11, {shaped(2, 5, 3, 1), shaped(5, 4, 4, 2, 3, relu)}},
      {"many channels", 20, 8, 14, 14, {shaped(8, 16, 3, 1, 1, relu)}},
      {"every tile", 5, 3, 9, 13, {shaped(3, 15, 5, 2, 1, relu), shaped(15, 7, 4, 2)}},
      {"ReLU before a maximum", 18, 1, 8, 10, {shaped(1, 9, 3, 1, 1, relu), pooling(Pooling::max)}},
      {"windows cut off",
       3,
       2,
       7,
       7,
       {pooling(Pooling::max, 2, true), shaped(2, 3, 3, 1), pooling(Pooling::average, 3, true)}},
      {"windows left out",
       3,
       2,
       7,
       8,
       {shaped(2, 3, 1), pooling(Pooling::max, 3), pooling(Pooling::average, 2)}},
      {"enlarged, same",
       4,
       3,
       5,
       4,
       {upsampling(2), shaped(3, 2, 3, 1, 1, relu), upsampling(2), shaped(2, 1, 5, 2)}},
      {"enlarged, valid", 4, 2, 6, 7, {shaped(2, 3, 1), upsampling(2), shaped(3, 4, 3, 0, 1, relu)}},
      {"enlarged by 3, even kernel",
       2,
       2,
       3,
       3,
       {shaped(2, 2, 3, 1, 1, relu), upsampling(3), shaped(2, 3, 4, 2)}},
      {"enlarged for other ends",
       2,
       2,
       3,
       3,
       {upsampling(2), pooling(Pooling::max), upsampling(2), shaped(2, 2, 3, 1, 2), upsampling(3)}},
      {"other activations",
       33,
       1,
       6,
       6,
       {shaped(1, 3, 3, 1, 1, Activation::tanh), pooling(Pooling::max), shaped(3, 2, 3, 1, 1, relu),
        upsampling(2), shaped(2, 1, 3, 1, 1, Activation::sigmoid)}},
  };
}

// Whatever makes it fast, its values and derivatives stay those of LibTorch's own operations.
TEST(Convolve, HasTheDerivativesOfItsDefinition) {
  auto random = fixed_generator();
  for (const auto kernel : all_kernels())
    for (const auto type : {at::kDouble, at::kFloat})
      for (const auto& [name, rows, channels, height, width, layers] : cases()) {
        SCOPED_TRACE(std::string(name) + ", kernel " + std::to_string(static_cast<int>(kernel)) + ", " +
                     at::toString(type));
        const Compute used({}, {.convolution = kernel});
        std::vector<Tensor> inputs = {drawn({rows, channels, height, width}, type, random)};
        for (const auto& layer : layers)
          if (layer.kind == LayerKind::convolution) {
            inputs.push_back(drawn(layer.weight.sizes(), type, random));
            inputs.push_back(drawn(layer.bias.sizes(), type, random));
          }
        const auto with = [network = layers](const std::vector<Tensor>& v) {
          auto filled = network;
          std::size_t next = 1;
          for (auto& layer : filled)
            if (layer.kind == LayerKind::convolution) {
              layer.weight = v[next++];
              layer.bias = v[next++];
            }
          return filled;
        };
        const bool direct = kernel == DirectKernel::direct && type == at::kFloat;
        expect_same_derivatives(
            [&](const auto& v) {
              const auto x = v[0] * 1;  // no leaf
              EXPECT_EQ(direct && suits_direct(with(v), x), direct);
              return convolve(with(v), x);
            },
            [&](const auto& v) { return definition(with(v), v[0]); }, inputs);
      }
}

// A maximum that occurs twice: both ReLUs give 0, or all pixels are alike.
TEST(Convolve, GivesTheGradientOfAMaximumToItsFirstPlace) {
  for (const auto kernel : all_kernels()) {
    const Compute used({}, {.convolution = kernel});
    const auto weight = at::ones({1, 1, 1, 1}).requires_grad_(), bias = at::zeros({1});
    const auto leaf = at::full({2, 1, 4, 4}, 3.0).requires_grad_();
    const std::vector<ImageLayer> layers = {convolution(weight, bias, 0, 1, Activation::relu),
                                            pooling(Pooling::max)};
    const auto gradient = torch::autograd::grad({convolve(layers, leaf * 1).sum()}, {leaf}).front();
    auto expected = at::zeros({2, 1, 4, 4});
    for (const auto y : {0, 2})
      for (const auto x : {0, 2}) expected.index_put_({at::indexing::Slice(), 0, y, x}, 1);
    EXPECT_TRUE(at::equal(gradient, expected)) << gradient;
  }
}

// Training must see that numbers have gone astray.
TEST(Convolve, HidesNoNan) {
  for (const auto kernel : all_kernels()) {
    const Compute used({}, {.convolution = kernel});
    auto x = at::ones({1, 1, 4, 4});
    x.index_put_({0, 0, 1, 1}, std::numeric_limits<float>::quiet_NaN());
    const auto y = convolve(
        {convolution(at::ones({1, 1, 1, 1}), at::zeros({1}), 0, 1, Activation::relu), pooling(Pooling::max)},
        x);
    EXPECT_EQ(y.isnan().sum().item<std::int64_t>(), 1);
    EXPECT_TRUE(y.index({0, 0, 0, 0}).isnan().item<bool>());
  }
}

// Rows of a batch do not see each other, nor the lanes that no row fills.
TEST(Convolve, ComputesEachRowAlone) {
  auto random = fixed_generator();
  const auto weight = drawn({3, 2, 3, 3}, at::kFloat, random), bias = drawn({3}, at::kFloat, random);
  const auto x = drawn({37, 2, 6, 6}, at::kFloat, random);
  for (const auto kernel : all_kernels()) {
    const Compute used({}, {.convolution = kernel});
    const std::vector<ImageLayer> layers = {convolution(weight, bias, 1)};
    const auto whole = convolve(layers, x);
    for (const auto row : {0, 15, 16, 36})
      EXPECT_TRUE(
          at::allclose(convolve(layers, x.slice(0, row, row + 1)), whole.slice(0, row, row + 1), 1e-5, 1e-5));
  }
}

}  // namespace
}  // namespace aelab
