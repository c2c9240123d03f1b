#include <gtest/gtest.h>

#include "aelab/nn/bottlenecks.h"
#include "aelab/nn/penalties.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

Step in_training() { return Step{.training = true}; }

Pass with_code(const Tensor& code) {
  return {.target = {}, .input = {}, .pre_code = code, .code = code, .output = {}};
}

void after_step(Penalty& penalty, const Tensor& code) {
  const std::vector<Pass> passes = {with_code(code)};
  penalty.after_step(passes);
}

/// Parts that the penalties of this file never look at.
double value_of(Penalty& penalty, const Tensor& code, const Step& step = Step{.training = true}) {
  const Parts* none = nullptr;
  return penalty.value(with_code(code), *none, step).item<double>();
}

/// KL(p || q) of two Bernoulli variables.
double kl(double p, double q) { return p * std::log(p / q) + (1 - p) * std::log((1 - p) / (1 - q)); }

TEST(KlSparsity, IsTheDivergenceOfEachUnitsMeanFromTheTarget) {
  KlSparsityPenalty penalty({.target = 0.1});
  // Two samples of two units: means 0.2 and 0.5.
  const auto code = at::tensor({0.1F, 0.4F, 0.3F, 0.6F}).view({2, 2});
  EXPECT_NEAR(value_of(penalty, code), kl(0.1, 0.2) + kl(0.1, 0.5), 1e-6);
  EXPECT_NEAR(value_of(penalty, at::full({3, 2}, 0.1F)), 0, 1e-6);
  EXPECT_TRUE(std::isfinite(value_of(penalty, at::zeros({3, 2}))));
}

TEST(KlSparsity, KeepsARunningMeanThatIsCorrectedForItsStart) {
  KlSparsityPenalty penalty({.target = 0.1, .estimate = ActivationEstimate::running, .decay = 0.9});
  penalty.build({1});
  const auto first = at::full({2, 1}, 0.2F), second = at::full({2, 1}, 0.6F);
  EXPECT_NEAR(value_of(penalty, first), kl(0.1, 0.2), 1e-6);  // nothing before: the batch's own mean
  after_step(penalty, first);
  // (0.9 * 0.1 * 0.2 + 0.1 * 0.6) / (1 - 0.9^2)
  const double mean = (0.9 * 0.02 + 0.06) / 0.19;
  EXPECT_NEAR(value_of(penalty, second), kl(0.1, mean), 1e-6);
  EXPECT_NEAR(value_of(penalty, second, Step{}), kl(0.1, 0.6), 1e-6);  // outside training: the rows' own
}

TEST(KlSparsity, TheGradientOfARunningMeanIsThatOfTheBatchMean) {
  // d KL / d mean at the running mean, times d mean / d code, which is 1 / rows of the batch mean.
  KlSparsityPenalty penalty({.target = 0.1, .estimate = ActivationEstimate::running, .decay = 0.9});
  penalty.build({2});
  after_step(penalty, at::tensor({0.3F, 0.2F}).view({1, 2}));
  const auto code = at::tensor({0.6F, 0.5F, 0.2F, 0.7F}).view({2, 2}).requires_grad_();
  const Parts* none = nullptr;
  const auto value = penalty.value(with_code(code), *none, in_training());
  const auto gradient = torch::autograd::grad({value}, {code}).front();
  for (const auto& [unit, before, mean] : {std::tuple(0, 0.3, 0.4), {1, 0.2, 0.6}}) {
    const double running = (0.9 * 0.1 * before + 0.1 * mean) / (1 - 0.81);
    const double slope = -0.1 / running + 0.9 / (1 - running);
    for (int row = 0; row < 2; ++row)
      EXPECT_NEAR(gradient[row][unit].item<double>(), slope / 2, 1e-5) << unit << ", row " << row;
  }
}

TEST(KlSparsity, RefusesCodesThatAreNoProbabilities) {
  KlSparsityPenalty penalty({});
  const DeterministicBottleneck relu({.activation = Activation::relu}),
      sigmoid({.activation = Activation::sigmoid});
  const Backbone* backbone = nullptr;
  const Likelihood* likelihood = nullptr;
  EXPECT_SAYS(message_of<Error>([&] { penalty.check({*backbone, relu, *likelihood}); }), "sigmoid");
  EXPECT_NO_THROW(penalty.check({*backbone, sigmoid, *likelihood}));
}

KSparseBottleneck k_sparse(const KSparseBottleneck::Config& config, const Shape& code) {
  KSparseBottleneck bottleneck(config);
  bottleneck.build(code, /*seed=*/0);
  return bottleneck;
}

TEST(KSparse, KeepsTheLargestInTrainingAndMoreAfterwards) {
  const auto bottleneck = k_sparse({.k = 1, .test_k = 2}, {4});
  const auto code = at::tensor({1.0F, 4.0F, -2.0F, 3.0F}).view({1, 4});
  EXPECT_TRUE(
      at::equal(bottleneck.read(code, in_training()), at::tensor({0.0F, 4.0F, 0.0F, 0.0F}).view({1, 4})));
  EXPECT_TRUE(at::equal(bottleneck.read(code, {}), at::tensor({0.0F, 4.0F, 0.0F, 3.0F}).view({1, 4})));
}

TEST(KSparse, PassesGradientsToWhatItKeepsAlone) {
  const auto bottleneck = k_sparse({.k = 2}, {4});
  const auto code = at::tensor({1.0F, 4.0F, -2.0F, 3.0F}).view({1, 4}).requires_grad_();
  const auto gradient = torch::autograd::grad({bottleneck.read(code, in_training()).sum()}, {code}).front();
  EXPECT_TRUE(at::equal(gradient, at::tensor({0.0F, 1.0F, 0.0F, 1.0F}).view({1, 4})));
}

TEST(KSparse, KeepsOfEachChannelWhereAsked) {
  const auto bottleneck = k_sparse({.k = 1, .per_channel = true}, {2, 1, 2});
  const auto code = at::tensor({1.0F, 2.0F, 9.0F, 8.0F}).view({1, 2, 1, 2});
  EXPECT_TRUE(
      at::equal(bottleneck.read(code, in_training()).flatten(), at::tensor({0.0F, 2.0F, 9.0F, 0.0F})));
}

TEST(KSparse, KeepsExactlyKOfEqualOnes) {
  const auto bottleneck = k_sparse({.k = 2}, {5});
  for (const double value : {1.0, -1.0}) {
    const auto code = bottleneck.read(at::full({3, 5}, value), in_training());
    EXPECT_TRUE(at::equal((code != 0).sum(1), at::full({3}, 2, at::kLong))) << value;
  }
}

/// d code / d pre-code by autograd: the diagonal, since each dimension depends on its own input alone.
Tensor slope_by_autograd(const Bottleneck& bottleneck, const Tensor& pre_code, const Step& step) {
  const auto x = pre_code.detach().clone().requires_grad_();
  return torch::autograd::grad({bottleneck.read(x, step).sum()}, {x}).front();
}

TEST(KSparse, HasTheSlopeOfAutogradAtZerosToo) {
  for (const auto activation : {Activation::linear, Activation::tanh, Activation::softplus}) {
    const auto bottleneck = k_sparse({.k = 2, .test_k = 3, .activation = activation}, {4});
    for (const auto& pre_code : {at::zeros({1, 4}), at::tensor({0.0F, 2.0F, -1.0F, 0.5F}).view({1, 4}),
                                 at::tensor({-1.0F, -2.0F, 0.0F, -3.0F}).view({1, 4})})
      for (const auto& step : {Step{}, in_training()}) {
        const auto slope = bottleneck.slope(pre_code, bottleneck.read(pre_code, step), step);
        EXPECT_TRUE(at::allclose(slope, slope_by_autograd(bottleneck, pre_code, step), 1e-6, 1e-6))
            << pre_code << slope;
        EXPECT_EQ((slope != 0).sum().item<std::int64_t>(), step.training ? 2 : 3);
      }
  }
}

TEST(KSparse, RefusesMoreThanThereAre) {
  EXPECT_SAYS(message_of<Error>([] { k_sparse({.k = 5}, {4}); }), "k: 5 is more than the 4");
  EXPECT_SAYS(message_of<Error>([] {
                k_sparse({.k = 3, .per_channel = true}, {2, 1, 2});
              }),
              "more than the 2");
  EXPECT_SAYS(message_of<Error>([] { k_sparse({.k = 1, .per_channel = true}, {4}); }), "no channels");
}

}  // namespace
}  // namespace aelab
