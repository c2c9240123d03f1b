#include "aelab/nn/layers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "aelab/nn/compute.h"
#include "aelab/nn/product.h"
#include "tests/nn/seams.h"

namespace aelab {
namespace {

Tensor row(std::initializer_list<double> values) {
  return at::tensor(std::vector<double>(values)).unsqueeze(0);
}

void expect_close(const Tensor& a, const Tensor& b, double tolerance = 1e-12) {
  ASSERT_EQ(a.sizes(), b.sizes());
  EXPECT_TRUE(at::allclose(a, b, tolerance, tolerance)) << a << "\n" << b;
}

TEST(Linear, AgreesWithValuesByHand) {
  const auto weight = at::tensor({1.0, 2.0, -3.0, 4.0, 0.0, 1.0}, at::kDouble).view({3, 2});
  const auto bias = at::tensor({0.5, 1.0, -1.0}, at::kDouble);
  // x = (2, -1): (2 - 2, -6 - 4, 0 - 1) + bias
  expect_close(linear(row({2, -1}), weight, bias), row({0.5, -9, -2}));
  expect_close(linear(row({2, -1}), weight, Tensor()), row({0, -10, -1}));
  expect_close(linear(row({2, -1}), weight, bias, Activation::relu), row({0.5, 0, 0}));
}

const Activation kActivations[] = {
    Activation::linear, Activation::relu, Activation::sigmoid, Activation::tanh, Activation::leaky_relu,
    Activation::elu,    Activation::selu, Activation::gelu,    Activation::silu, Activation::softplus};

// Whatever makes it fast, its values and derivatives stay those of LibTorch's own operations.
TEST(Linear, HasTheDerivativesOfItsDefinition) {
  auto random = fixed_generator();
  for (const auto type : {at::kDouble, at::kFloat})
    for (const auto activation : kActivations)
      for (const auto& [rows, in, out] : {std::tuple{1, 1, 1}, {5, 3, 4}, {32, 64, 17}, {130, 20, 70}}) {
        SCOPED_TRACE(std::string(names(activation)[static_cast<std::size_t>(activation)]) + " " +
                     std::to_string(rows) + "x" + std::to_string(in) + "x" + std::to_string(out));
        expect_same_derivatives(
            [&](const auto& v) { return linear(v[0], v[1], v[2], activation); },
            [&](const auto& v) { return activate(activation, at::mm(v[0], v[1].t()) + v[2]); },
            {drawn({rows, in}, type, random), drawn({out, in}, type, random), drawn({out}, type, random)});
      }
}

TEST(Linear, TakesTransposedWeights) {
  auto random = fixed_generator();
  const auto x = drawn({6, 5}, at::kDouble, random), weight = drawn({5, 3}, at::kDouble, random);
  expect_same_derivatives([](const auto& v) { return linear(v[0], v[1].t(), Tensor(), Activation::tanh); },
                          [](const auto& v) { return at::tanh(at::mm(v[0], v[1])); }, {x, weight});
}

// Large enough for oneDNN, in float32: its own way through first and second derivatives.
TEST(Linear, ByOneDnnHasTheDerivativesOfItsDefinition) {
  if (!has_onednn_product()) GTEST_SKIP() << "this LibTorch lacks it";
  const Compute onednn({}, {.linear = LinearKernel::onednn});
  auto random = fixed_generator();
  for (const auto activation : {Activation::linear, Activation::relu, Activation::tanh})
    for (const bool with_bias : {true, false}) {
      SCOPED_TRACE(std::string(names(activation)[static_cast<std::size_t>(activation)]) +
                   (with_bias ? "" : ", no bias"));
      const auto x = drawn({256, 230}, at::kFloat, random), w = drawn({70, 230}, at::kFloat, random) / 8,
                 b = drawn({70}, at::kFloat, random);
      ASSERT_TRUE(suits_onednn(x, w));
      const auto ours = [&](const auto& v) {
        return linear(v[0], v[1], with_bias ? v[2] : Tensor(), activation);
      };
      const auto definition = [&](const auto& v) {
        return activate(activation, at::mm(v[0], v[1].t()) + (with_bias ? v[2] : 0 * v[2]));
      };
      std::vector<Tensor> inputs = {x, w, b};
      if (!with_bias) inputs.pop_back();
      const auto of_bias = [&](const Function& f) {
        return Function([&, f](const std::vector<Tensor>& v) {
          return f(with_bias ? v : std::vector<Tensor>{v[0], v[1], b.to(v[0].scalar_type())});
        });
      };
      expect_same_derivatives(of_bias(ours), of_bias(definition), inputs);
      auto wide = inputs;
      for (auto& input : wide) input = input.to(at::kDouble);
      const auto fast = derivatives(of_bias(ours), inputs), exact = derivatives(of_bias(definition), wide);
      for (std::size_t i = 0; i < fast.size(); ++i)
        EXPECT_LT((fast[i] - exact[i]).abs().max().item<double>(), 1e-4 * exact[i].abs().max().item<double>())
            << i;
    }
}

TEST(Linear, ByOneDnnTakesMatricesAsTheyLie) {
  if (!has_onednn_product()) GTEST_SKIP() << "this LibTorch lacks it";
  const Compute onednn({}, {.linear = LinearKernel::onednn});
  auto random = fixed_generator();
  const auto wide = drawn({303, 261}, at::kFloat, random);
  const auto tall = wide.t();
  const Tensor ways[] = {wide,
                         wide.slice(1, 60),
                         tall,
                         tall.slice(1, 0, 261),
                         wide.slice(1, 0, 260, 2),
                         drawn({1, 260}, at::kFloat, random).expand({300, 260})};
  for (const auto& x : ways)
    for (const auto& y : ways) {
      if (x.size(1) != y.size(1)) continue;
      ASSERT_TRUE(suits_onednn(x, y));
      const auto exact = at::mm(x.to(at::kDouble), y.to(at::kDouble).t());
      EXPECT_LT((linear(x, y, Tensor()) - exact).abs().max().item<double>(), 1e-3);
    }
}

TEST(Kernels, AreForcedReplayedAndRefused) {
  const auto rule = resolve({});
  EXPECT_NE(rule.linear, LinearKernel::automatic);
  EXPECT_EQ(kernels(), rule);
  const Compute libtorch({}, {.linear = LinearKernel::libtorch});
  EXPECT_EQ(kernels().linear, LinearKernel::libtorch);
  EXPECT_EQ(nearest({}), rule);
  if (has_onednn_product())
    EXPECT_EQ(resolve({.linear = LinearKernel::onednn}).linear, LinearKernel::onednn);
  else
    EXPECT_SAYS(message_of<Error>([] { resolve({.linear = LinearKernel::onednn}); }), "lacks \"onednn\"");
}

TEST(Activations, AreTheirDefinitions) {
  const double e = std::numbers::e, scale = 1.0507009873554805, alpha = 1.6732632423543772;
  const std::pair<Activation, std::vector<double>> cases[] = {
      // at -1, 0 and 1
      {Activation::linear, {-1, 0, 1}},
      {Activation::relu, {0, 0, 1}},
      {Activation::sigmoid, {1 / (1 + e), 0.5, e / (1 + e)}},
      {Activation::tanh, {-std::tanh(1), 0, std::tanh(1)}},
      {Activation::leaky_relu, {-0.01, 0, 1}},
      {Activation::elu, {1 / e - 1, 0, 1}},
      {Activation::selu, {scale * alpha * (1 / e - 1), 0, scale}},  // Klambauer et al. 2017, section 2
      {Activation::gelu, {-0.5 * std::erfc(1 / std::sqrt(2)), 0, 0.5 * std::erfc(-1 / std::sqrt(2))}},
      {Activation::silu, {-1 / (1 + e), 0, e / (1 + e)}},
      {Activation::softplus, {std::log1p(1 / e), std::log(2), std::log1p(e)}},
  };
  EXPECT_EQ(std::size(cases), names(Activation{}).size());
  for (const auto& [activation, values] : cases) {
    SCOPED_TRACE(names(activation)[static_cast<std::size_t>(activation)]);
    expect_close(activate(activation, row({-1, 0, 1})), at::tensor(values).unsqueeze(0));
  }
}

/// Mean and variance of initial weights are those of the distribution; uniform ones keep to its limits.
void expect_moments(const Tensor& weight, double variance, bool uniform) {
  const double n = static_cast<double>(weight.numel());
  const double deviation = std::sqrt(variance);
  EXPECT_LT(std::abs(weight.mean().item<double>()), 4 * deviation / std::sqrt(n));
  EXPECT_NEAR(weight.var().item<double>() / variance, 1, 5 * std::sqrt(2 / n));  // 5 standard errors
  const double largest = weight.abs().max().item<double>() / deviation;
  if (uniform) {
    EXPECT_LE(largest, std::sqrt(3) * 1.000001);
  } else {
    EXPECT_GT(largest, std::sqrt(3));
  }
}

TEST(Initialization, HasThePublishedVariances) {
  const auto check = [](Initialization initialization, auto variance, bool uniform) {
    SCOPED_TRACE(names(initialization)[static_cast<std::size_t>(initialization)]);
    Initializer initializer(0);
    const Affine affine(200, 300, /*with_bias=*/true, initialization, initializer);
    expect_moments(affine.weight, variance(200, 300), uniform);
    const aelab::Convolution convolution({24, 8, 5, 5}, initialization, initializer);
    expect_moments(convolution.weight, variance(8 * 25, 24 * 25), uniform);
    EXPECT_TRUE(at::equal(affine.bias, at::zeros({300})) && at::equal(convolution.bias, at::zeros({24})));
    EXPECT_TRUE(affine.weight.requires_grad() && convolution.weight.requires_grad());
  };
  const auto glorot = [](double in, double out) { return 2 / (in + out); };
  const auto he = [](double in, double) { return 2 / in; };
  const auto lecun = [](double in, double) { return 1 / in; };
  check(Initialization::glorot_uniform, glorot, true);
  check(Initialization::glorot_normal, glorot, false);
  check(Initialization::he_uniform, he, true);
  check(Initialization::he_normal, he, false);
  check(Initialization::lecun_normal, lecun, false);
}

TEST(Initializer, MakesShapesWithoutValuesOnTheMetaDevice) {
  Initializer initializer(0, "initialization", at::kMeta);
  const Affine affine(1'000'000, 1'000'000, /*with_bias=*/true, Initialization::he_normal, initializer);
  EXPECT_TRUE(affine.weight.is_meta() && affine.bias.is_meta());
  EXPECT_EQ(affine.weight.sizes(), (at::IntArrayRef{1'000'000, 1'000'000}));
}

}  // namespace
}  // namespace aelab
