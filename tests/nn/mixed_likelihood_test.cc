// The likelihood of a table's columns: golden numbers by SciPy (reference_mixed.py), missing cells, draws.

#include "aelab/nn/mixed_likelihood.h"

#include <gtest/gtest.h>

#include <cmath>

#include "aelab/nn/corruptions.h"
#include "aelab/nn/count_draws.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

const FeatureGroups kGroups = {{FeatureKind::numeric, 2},
                               {FeatureKind::categorical, 3},
                               {FeatureKind::count, 2},
                               {FeatureKind::flag, 1}};

Tensor golden_output() {
  return at::tensor({0.3, -1.2, 0.5, -0.25, 2.0, 0.7, -0.4, 1.1, -2.0, 0.9, 1.5, 0.75, -1.0, -1.3, 2.2, -0.6},
                    at::kDouble)
      .view({2, 8});
}
Tensor golden_target() {
  return at::tensor({0.1, -0.7, 0., 1., 0., 3., 0., 1., 1.4, 0.2, 0., 0., 1., 0., 7., 0.}, at::kDouble)
      .view({2, 8});
}
/// With the outputs for zeros of their own behind those of the counts.
Tensor inflated_output() {
  const auto logits = at::tensor({0.4, -1.5, -0.8, 0.1}, at::kDouble).view({2, 2});
  const auto output = golden_output();
  return at::cat({output.narrow(1, 0, 7), logits, output.narrow(1, 7, 1)}, 1);
}

std::shared_ptr<MixedLikelihood> golden_likelihood(CountDistribution counts) {
  auto made = std::make_shared<MixedLikelihood>(
      MixedLikelihood::Config{.features = kGroups, .deviation = 0.7, .counts = counts});
  made->to(at::kDouble);
  const at::NoGradGuard no_grad;
  for (auto& parameter : made->parameters()) parameter.copy_(at::tensor({0.5, -0.3}, at::kDouble));
  return made;
}

void expect_golden(CountDistribution counts, const Tensor& output, std::vector<double> expected) {
  const auto found = golden_likelihood(counts)->negative_log(output, golden_target());
  EXPECT_TRUE(at::allclose(found, at::tensor(expected, at::kDouble), 1e-12, 1e-9)) << found;
}

TEST(MixedLikelihoods, AreThoseOfSciPy) {
  expect_golden(CountDistribution::poisson, golden_output(), {6.6176856984145918, 19.221762933229275});
  expect_golden(CountDistribution::negative_binomial, golden_output(),
                {6.852865117506429, 20.245242817638438});
  expect_golden(CountDistribution::zero_inflated_poisson, inflated_output(),
                {7.3701212455788294, 19.873465185948358});
  expect_golden(CountDistribution::zero_inflated_negative_binomial, inflated_output(),
                {7.6600650830910961, 20.904435809160795});
}

TEST(MixedLikelihoods, LeaveMissingCellsOut) {
  const auto likelihood = golden_likelihood(CountDistribution::poisson);
  auto target = golden_target();
  target[0][0] = NAN;
  target[0].narrow(0, 2, 3).fill_(NAN);
  const auto output = golden_output().requires_grad_();
  const auto cost = likelihood->negative_log(output, target);
  EXPECT_NEAR(cost[0].item<double>(), 3.4805331779318678, 1e-9);
  EXPECT_NEAR(cost[1].item<double>(), 19.221762933229275, 1e-9);
  cost.sum().backward();
  EXPECT_TRUE(output.grad().isfinite().all().item<bool>());
  for (const auto missing : {0, 2, 3, 4}) EXPECT_EQ(output.grad()[0][missing].item<double>(), 0) << missing;
  for (const auto known : {1, 5, 6, 7}) EXPECT_NE(output.grad()[0][known].item<double>(), 0) << known;
}

TEST(MixedLikelihoods, HaveFiniteGradientsWhereAllIsMissing) {
  for (const auto& config : MixedLikelihood::Config::examples()) {
    MixedLikelihood likelihood(config);
    const auto shape = likelihood.output_shape({10});
    const auto output = at::full({3, shape.front()}, 0.5).requires_grad_();
    const auto cost = likelihood.negative_log(output, at::full({3, 10}, NAN));
    EXPECT_TRUE(at::equal(cost, at::zeros({3})));
    cost.sum().backward();
    EXPECT_TRUE(at::equal(output.grad(), at::zeros_like(output)));
    for (const auto& parameter : likelihood.parameters()) {
      const auto gradient = parameter.grad();
      EXPECT_TRUE(!gradient.defined() || at::equal(gradient, at::zeros_like(parameter)));
    }
  }
}

TEST(MixedLikelihoods, LearnADeviationForEachNumber) {
  const auto make = [](std::vector<double> deviations) {
    MixedLikelihood likelihood({.features = {{FeatureKind::numeric, 2}}, .learned = true});
    likelihood.to(at::kDouble);
    const at::NoGradGuard no_grad;
    likelihood.parameters().front().copy_(at::tensor(deviations, at::kDouble).log());
    return likelihood
        .negative_log(at::zeros({1, 2}, at::kDouble), at::tensor({1., 2.}, at::kDouble).view({1, 2}))
        .item<double>();
  };
  const auto by_hand = [](double x, double s) {
    return 0.5 * x * x / (s * s) + std::log(s) + 0.5 * std::log(2 * M_PI);
  };
  EXPECT_NEAR(make({0.5, 3}), by_hand(1, 0.5) + by_hand(2, 3), 1e-12);
}

TEST(MixedLikelihoods, KnowWhatTheyAreDistributionsOf) {
  const auto likelihood = golden_likelihood(CountDistribution::poisson);
  const auto fits = [&](std::int64_t feature, double value) {
    auto target = golden_target();
    target[0][feature] = value;
    return likelihood->is_distribution_of(target);
  };
  EXPECT_TRUE(fits(0, 0.3));
  EXPECT_FALSE(fits(3, 0.5));  // two halves of a category
  EXPECT_FALSE(fits(2, 1));    // two categories
  EXPECT_FALSE(fits(5, 1.5));
  EXPECT_FALSE(fits(5, -1));
  EXPECT_FALSE(fits(7, 0.5));
  EXPECT_TRUE(fits(5, NAN));
}

TEST(MixedLikelihoods, MeansAreThoseOfTheirColumns) {
  const auto mean = golden_likelihood(CountDistribution::zero_inflated_poisson)->mean(inflated_output());
  EXPECT_EQ(mean.sizes(), at::IntArrayRef({2, 8}));
  EXPECT_NEAR(mean[0][0].item<double>(), 0.3, 1e-12);
  EXPECT_NEAR(mean.narrow(1, 2, 3).sum(1)[1].item<double>(), 1, 1e-12);
  EXPECT_NEAR(mean[0][5].item<double>(), std::exp(0.7) / (1 + std::exp(0.4)), 1e-12);
  EXPECT_NEAR(mean[0][7].item<double>(), 1 / (1 + std::exp(-1.1)), 1e-12);
}

TEST(CountDraws, AreQuantiles) {  // scipy.stats.poisson.ppf and gamma.ppf
  const auto found = poisson_quantile(at::tensor({0.1, 0.5, 0.99, 0.3}, at::kDouble),
                                      at::tensor({3., 3., 1000., 1e-3}, at::kDouble));
  EXPECT_TRUE(at::equal(found, at::tensor({1., 3., 1074., 0.}, at::kDouble))) << found;
  const auto gamma =
      gamma_quantile(at::tensor({0.1, 0.5, 0.999}, at::kDouble), at::tensor({0.5, 2., 30.}, at::kDouble));
  EXPECT_TRUE(
      at::allclose(gamma, at::tensor({0.00789538704672, 1.67834699002, 49.8036165349}, at::kDouble), 1e-8, 0))
      << gamma;
}

TEST(ColumnMaskings, MaskAllFeaturesOfAColumnTogether) {
  const ColumnMasking masking({.features = kGroups, .level = 0.5});
  const auto masked = masking.corrupt(at::ones({500, 8}), {.seed = 3});
  const auto category = masked.narrow(1, 2, 3);
  EXPECT_TRUE(at::equal(category.amin(1), category.amax(1)));
  EXPECT_FALSE(at::equal(masked.select(1, 0), masked.select(1, 1)));
  EXPECT_NEAR(masked.mean(0).min().item<double>(), 0.5, 0.1);
  EXPECT_NEAR(masked.mean(0).max().item<double>(), 0.5, 0.1);
}

}  // namespace
}  // namespace aelab
