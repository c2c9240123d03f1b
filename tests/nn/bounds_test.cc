#include "aelab/nn/bounds.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "aelab/nn/gaussian_bottleneck.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

/// Costs of codes with these weights, [rows, samples].
Tensor costs_of(std::vector<double> weights, std::int64_t samples) {
  return -at::tensor(weights, at::kDouble).log().view({-1, samples});
}

ImportanceWeightedBound importance_weighted(std::int64_t samples, std::int64_t estimates = 1) {
  return ImportanceWeightedBound({.samples = samples, .estimates = estimates});
}

DoublyReparameterizedBound doubly_reparameterized(std::int64_t samples, std::int64_t estimates = 1) {
  DoublyReparameterizedBound::Config config;
  config.samples = samples;
  config.estimates = estimates;
  return DoublyReparameterizedBound(config);
}

Tensor numbers(std::vector<double> values) { return at::tensor(values, at::kDouble); }

TEST(MeanBound, AveragesCostsAndDrawsSeveralCodesInTrainingOnly) {
  const MeanBound bound({.samples = 3});
  const auto costs = numbers({1, 2, 6, -3, 0, 0.75}).view({2, 3});
  EXPECT_TRUE(at::allclose(bound.rows(costs), numbers({3, -0.75})));
  EXPECT_EQ(bound.samples(Step{.training = true}), 3);
  EXPECT_EQ(bound.samples(Step{.training = false}), 1);
}

TEST(ImportanceWeightedBound, IsTheLogarithmOfTheAverageWeight) {
  const auto bound = importance_weighted(3);
  // Averages of 3 and 4, and of weights that are one code's alone: 6 / 3.
  const auto costs = costs_of({1, 3, 5, 2, 2, 8, 1e-200, 6, 1e-200}, 3);
  EXPECT_TRUE(at::allclose(bound.rows(costs), -numbers({3, 4, 2}).log()));
  EXPECT_EQ(bound.samples(Step{.training = true}), 3);
  EXPECT_EQ(bound.samples(Step{.training = false}), 3);
}

TEST(ImportanceWeightedBound, AveragesTheLogarithmsOfSeveralAverages) {
  const auto bound = importance_weighted(2, 3);  // averages of 2, 4 and 9
  const auto costs = costs_of({1, 3, 2, 6, 9, 9}, 2 * 3);
  EXPECT_NEAR(bound.rows(costs).item<double>(), -(std::log(2.0) + std::log(4.0) + std::log(9.0)) / 3, 1e-12);
  EXPECT_EQ(bound.samples(Step{}), 6);
}

TEST(ImportanceWeightedBound, IsFiniteWhereWeightsAreNot) {
  const auto far = importance_weighted(2).rows(numbers({5000, 5001, -5000, -5001}).view({2, 2}));
  const double tail = std::log((1 + std::exp(-1.0)) / 2);
  EXPECT_TRUE(at::allclose(far, numbers({5000 - tail, -5001 - tail}), 0, 1e-9));
}

TEST(ImportanceWeightedBound, WeighsTheGradientsOfCostsByTheirWeights) {
  const auto costs = costs_of({1, 3, 4, 10, 5, 5}, 3).requires_grad_();
  const auto gradient =
      torch::autograd::grad({importance_weighted(3).rows(costs).sum()}, {costs}).front().flatten();
  EXPECT_TRUE(at::allclose(gradient, numbers({1, 3, 4, 4, 2, 2}) / 8));
}

TEST(DoublyReparameterizedBound, HasTheValueOfTheBoundAndNormalizedWeightsAsFactors) {
  const auto costs = costs_of({1, 3, 2, 6, 10, 30, 7, 7}, 4).requires_grad_();
  EXPECT_TRUE(same_bits(doubly_reparameterized(4).rows(costs), importance_weighted(4).rows(costs)));
  EXPECT_TRUE(same_bits(doubly_reparameterized(2, 2).rows(costs), importance_weighted(2, 2).rows(costs)));
  const auto of_all = doubly_reparameterized(4).code_gradient_factors(costs);
  EXPECT_FALSE(of_all.requires_grad());
  EXPECT_TRUE(
      at::allclose(of_all.flatten(), numbers({1, 3, 2, 6, 10.0 / 4.5, 30 / 4.5, 7 / 4.5, 7 / 4.5}) / 12));
  const auto of_pairs = doubly_reparameterized(2, 2).code_gradient_factors(costs);
  EXPECT_TRUE(at::allclose(of_pairs.flatten(), numbers({0.25, 0.75, 0.25, 0.75, 0.25, 0.75, 0.5, 0.5})));
}

TEST(Terms, WithinABoundAreTheCostsOfEachCode) {
  Terms terms;  // two rows of three codes
  const auto each = numbers({1, 2, 3, 4, 5, 9});
  terms.add("reconstruction", each, 1, Additivity::rows, Role::within_bound);
  terms.add("kl", numbers({10, 20}), 0.5, Additivity::rows, Role::within_bound);
  terms.add("constant", at::scalar_tensor(7.0, at::kDouble), 2, Additivity::constant, Role::within_bound);
  terms.add("unused", each, 0, Additivity::rows, Role::within_bound);
  terms.add("l1", numbers({3, 5}), 0.1);
  terms.add("weight-decay", at::scalar_tensor(100.0, at::kDouble), 0.01);
  const auto costs = terms.costs(2);
  EXPECT_TRUE(at::allclose(costs, numbers({20, 21, 22, 28, 29, 33}).view({2, 3})));
  EXPECT_EQ(terms.all()[0].value.item<double>(), 4);
  // Without a bound, the sum of averages: 4 + 7.5 + 14, and .4 + 1 beside them.
  EXPECT_NEAR(terms.total().item<double>(), 25.5 + 1.4, 1e-12);
  terms.set_bound(importance_weighted(3).rows(costs));
  const auto weight_of = [](double a, double b, double c) {
    return (std::exp(-a) + std::exp(-b) + std::exp(-c)) / 3;
  };
  const double bound = -(std::log(weight_of(20, 21, 22)) + std::log(weight_of(28, 29, 33))) / 2;
  EXPECT_NEAR(terms.total().item<double>(), bound + 1.4, 1e-9);
}

TEST(GaussianBottleneck, HasTheDensitiesOfNormalDistributions) {
  const GaussianBottleneck bottleneck({});
  // Means and logarithms of variances of two rows with two dimensions, and three codes of each.
  const auto pre_code =
      numbers({0.5, -1, std::log(4.0), std::log(0.25), 0, 2, 0, std::log(9.0)}).view({2, 4});
  const auto codes = numbers({0, 0, 1, 1, -2, 3, 0.5, 2, 4, 4, -1, 0}).view({6, 2});
  const double means[2][2] = {{0.5, -1}, {0, 2}}, deviations[2][2] = {{2, 0.5}, {1, 3}};
  const auto log_normal = [](double x, double mean, double deviation) {
    return std::log(std::exp(-(x - mean) * (x - mean) / (2 * deviation * deviation)) /
                    (deviation * std::sqrt(2 * M_PI)));
  };
  const auto density = bottleneck.log_density(codes, pre_code), prior = bottleneck.log_prior(codes);
  ASSERT_EQ(density.sizes(), at::IntArrayRef{6});
  for (std::int64_t i = 0; i < 6; ++i) {
    double q = 0, p = 0;
    for (std::int64_t j = 0; j < 2; ++j) {
      const double x = codes[i][j].item<double>();
      q += log_normal(x, means[i / 3][j], deviations[i / 3][j]);
      p += log_normal(x, 0, 1);
    }
    EXPECT_NEAR(density[i].item<double>(), q, 1e-9) << i;
    EXPECT_NEAR(prior[i].item<double>(), p, 1e-9) << i;
  }
}

}  // namespace
}  // namespace aelab
