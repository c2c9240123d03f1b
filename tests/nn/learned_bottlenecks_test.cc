#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "aelab/nn/gaussian_bottleneck.h"
#include "aelab/nn/jump_relu_bottleneck.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

Pass coded_by(const Bottleneck& bottleneck, const Tensor& pre_code, const Step& step = {},
              std::int64_t samples = 1) {
  Pass pass;
  pass.pre_code = pre_code;
  pass.samples = samples;
  bottleneck.code(pass, step);
  return pass;
}

Terms terms_of(const Bottleneck& bottleneck, const Pass& pass, const Step& step = {}) {
  Terms terms;
  bottleneck.add_terms(pass, step, terms);
  return terms;
}

TEST(GaussianBottleneck, AddsTheDivergenceFromAStandardNormal) {
  const GaussianBottleneck bottleneck({.beta = 0.5});
  // N(1, 4) and N(-2, 1) beside N(0, 1): log(1/s) + (s^2 + m^2) / 2 - 1/2 each; a row at the prior has none.
  const auto pre_code =
      at::tensor({1.0, -2.0, std::log(4.0), 0.0, 0.0, 0.0, 0.0, 0.0}, at::kDouble).view({2, 4});
  const auto terms = terms_of(bottleneck, coded_by(bottleneck, pre_code));
  const double first = -std::log(2.0) + (4 + 1) / 2.0 - 0.5, second = (1 + 4) / 2.0 - 0.5;
  EXPECT_TRUE(at::allclose(terms.all()[0].rows, at::tensor({first + second, 0.0}, at::kDouble)));
  EXPECT_EQ(terms.all()[0].weight, 0.5);
}

TEST(GaussianBottleneck, DrawsCodesOfItsMomentsAndReadsTheMean) {
  constexpr std::int64_t kSamples = 40000;
  const GaussianBottleneck bottleneck({});
  const auto pre_code = at::tensor({1.0F, -2.0F, std::log(4.0F), std::log(0.25F)}).view({1, 4});
  const auto pass = coded_by(bottleneck, pre_code, Step{.seed = 3, .training = true}, kSamples);
  ASSERT_EQ(pass.code.sizes(), (at::IntArrayRef{kSamples, 2}));
  const double error = 5 / std::sqrt(static_cast<double>(kSamples));
  EXPECT_TRUE(at::allclose(pass.code.mean(0), at::tensor({1.0F, -2.0F}), 0, 2 * error));
  EXPECT_TRUE(at::allclose(pass.code.std(0), at::tensor({2.0F, 0.5F}), 0, 2 * error));
  EXPECT_TRUE(at::equal(bottleneck.read(pre_code, {}), at::tensor({1.0F, -2.0F}).view({1, 2})));
}

TEST(GaussianBottleneck, DrawsARowsSamplesSideBySideWhateverItsBatch) {
  const GaussianBottleneck bottleneck({});
  auto random = fixed_generator();
  const auto pre_code = at::empty({4, 2, 3, 3}).normal_(0, 1, random);
  const auto all = coded_by(bottleneck, pre_code, Step{.seed = 3, .training = true}, 3).code;
  EXPECT_EQ(all.sizes(), (at::IntArrayRef{12, 1, 3, 3}));
  const Step step{.seed = 3, .training = true, .rows = at::tensor({2}, at::kLong)};
  EXPECT_TRUE(
      at::allclose(coded_by(bottleneck, pre_code.slice(0, 2, 3), step, 3).code, all.slice(0, 6, 9), 1e-6));
}

JumpReluBottleneck jump_relu(double threshold, double bandwidth, const Shape& code,
                             ThresholdParameter parameter = ThresholdParameter::logarithm) {
  JumpReluBottleneck bottleneck(
      {.weight = 0.1, .threshold = threshold, .bandwidth = bandwidth, .parameter = parameter});
  bottleneck.build(code, /*seed=*/0);
  bottleneck.to(at::kDouble);
  return bottleneck;
}

TEST(JumpRelu, KeepsWhatExceedsItsThresholdAndCountsIt) {
  const auto bottleneck = jump_relu(0.5, 0.2, {3});
  const auto x = at::tensor({0.4, 0.6, 2.0, -1.0, 0.1, 0.2}, at::kDouble).view({2, 3});
  EXPECT_TRUE(at::equal(bottleneck.read(x, {}),
                        at::tensor({0.0, 0.6, 2.0, 0.0, 0.0, 0.0}, at::kDouble).view({2, 3})));
  const auto terms = terms_of(bottleneck, coded_by(bottleneck, x));
  EXPECT_TRUE(at::equal(terms.all()[0].rows, at::tensor({2.0, 0.0}, at::kDouble)));
}

TEST(JumpRelu, TrainsThresholdsOrTheirLogarithms) {
  // A step of .25 down from 1/2 and from 1/8.
  for (const auto parameter : {ThresholdParameter::logarithm, ThresholdParameter::threshold}) {
    auto bottleneck = jump_relu(1, 0.2, {2}, parameter);
    bottleneck.set_threshold(at::tensor({0.5, 0.125}, at::kDouble));
    EXPECT_TRUE(at::allclose(bottleneck.threshold(), at::tensor({0.5, 0.125}, at::kDouble), 1e-12));
    const at::NoGradGuard no_grad;
    bottleneck.parameters().front().sub_(0.25);
    bottleneck.after_step({});
    const double factor = std::exp(-0.25);
    const auto expected = parameter == ThresholdParameter::logarithm
                              ? at::tensor({0.5 * factor, 0.125 * factor}, at::kDouble)
                              : at::tensor({0.25, 0.0}, at::kDouble);
    EXPECT_TRUE(at::allclose(bottleneck.threshold(), expected, 1e-12));
  }
}

void expect_gradients_of_the_paper(ThresholdParameter parameter) {
  // Equations 11 and 12 with a rectangular kernel: of the code -theta / e, of the step -1 / e for pre-codes
  // within e / 2 of theta; times d theta / d log theta = theta.
  constexpr double kThreshold = 0.5, kBandwidth = 0.4;
  const auto bottleneck = jump_relu(kThreshold, kBandwidth, {1}, parameter);
  const double by_parameter = parameter == ThresholdParameter::logarithm ? kThreshold : 1;
  const auto x = at::tensor({0.2, 0.4, 0.6, 1.0}, at::kDouble).view({4, 1}).requires_grad_();
  const auto weights = at::tensor({1.0, 2.0, 3.0, 4.0}, at::kDouble).view({4, 1});
  const auto pass = coded_by(bottleneck, x);
  const auto gradients = [&](const Tensor& value) {
    return torch::autograd::grad({value}, {x, bottleneck.parameters().front()}, {}, true, false, true);
  };
  const auto of_code = gradients((pass.code * weights).sum());
  EXPECT_TRUE(at::equal(of_code[0].flatten(), at::tensor({0.0, 0.0, 3.0, 4.0}, at::kDouble)));
  EXPECT_NEAR(of_code[1].item<double>(), -kThreshold / kBandwidth * (2 + 3) * by_parameter, 1e-6);
  const auto terms = terms_of(bottleneck, pass);
  const auto of_step = gradients((terms.all()[0].rows * weights.flatten()).sum());
  EXPECT_FALSE(of_step[0].defined());
  EXPECT_NEAR(of_step[1].item<double>(), -1 / kBandwidth * (2 + 3) * by_parameter, 1e-6);
}

TEST(JumpRelu, HasTheGradientsOfThePaper) {
  expect_gradients_of_the_paper(ThresholdParameter::logarithm);
  expect_gradients_of_the_paper(ThresholdParameter::threshold);
}

}  // namespace
}  // namespace aelab
