#include "aelab/nn/divergence_parts.h"

#include <gtest/gtest.h>

#include <cmath>

#include "aelab/nn/dense_backbone.h"
#include "aelab/nn/gaussian_bottleneck.h"
#include "aelab/nn/likelihoods.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

Tensor numbers(at::IntArrayRef shape, std::int64_t seed) {
  auto random = fixed_generator(seed);
  return at::empty(shape, at::kDouble).normal_(0, 1, random);
}

/// The Gaussians of a data set of a few rows.
DiagonalGaussian some_gaussians(std::int64_t rows) {
  return {2 * numbers({rows, 3}, 1), numbers({rows, 3}, 2) - 1};
}

DiagonalGaussian rows_of(const DiagonalGaussian& all, const Tensor& rows) {
  return {all.mean.index({rows}), all.log_variance.index({rows})};
}

struct Exact {
  double joint, marginals;
};

/// log q(code) by the mean over the whole set, and that of each dimension, summed: by loops.
Exact exact(const DiagonalGaussian& all, const Tensor& code) {
  const auto density = [&](std::int64_t row, std::int64_t d) {
    const double variance = std::exp(all.log_variance[row][d].item<double>());
    const double error = (code[d] - all.mean[row][d]).item<double>();
    return std::exp(-error * error / (2 * variance)) / std::sqrt(2 * M_PI * variance);
  };
  const auto n = all.mean.size(0);
  double joint = 0, marginals = 0;
  for (std::int64_t row = 0; row < n; ++row)
    joint += density(row, 0) * density(row, 1) * density(row, 2) / static_cast<double>(n);
  for (std::int64_t d = 0; d < 3; ++d) {
    double sum = 0;
    for (std::int64_t row = 0; row < n; ++row) sum += density(row, d) / static_cast<double>(n);
    marginals += std::log(sum);
  }
  return {std::log(joint), marginals};
}

TEST(CodeDensities, AreThoseOfTheWholeSetWhereTheBatchIsTheSet) {
  const auto all = some_gaussians(6);
  const auto codes = numbers({6, 3}, 3);
  const auto found = code_densities(all, codes, 6, AggregateEstimate::stratified);
  for (std::int64_t i = 0; i < 6; ++i) {
    const auto expected = exact(all, codes[i]);
    EXPECT_NEAR(found.aggregate[i].item<double>(), expected.joint, 1e-9);
    EXPECT_NEAR(found.marginals[i].item<double>(), expected.marginals, 1e-9);
  }
  EXPECT_TRUE(at::allclose(found.conditional, all.log_density(codes, 1)));
}

TEST(CodeDensities, StratifiedAverageToThoseOfTheWholeSet) {
  // Over all batches of two rows that contain row 0: the estimate of q(code of row 0), not of its logarithm.
  const auto all = some_gaussians(5);
  const auto code = numbers({1, 3}, 4);
  double mean = 0;
  for (std::int64_t other = 1; other < 5; ++other) {
    const auto rows = at::tensor({std::int64_t{0}, other});
    const auto found =
        code_densities(rows_of(all, rows), at::cat({code, code}), 5, AggregateEstimate::stratified);
    mean += std::exp(found.aggregate[0].item<double>()) / 4;
  }
  EXPECT_NEAR(std::log(mean), exact(all, code[0]).joint, 1e-9);
}

TEST(CodeDensities, WeightedAreTheBatchsSumOverRowsAndSet) {
  const auto batch = some_gaussians(3);
  const auto codes = numbers({3, 3}, 5);
  const auto found = code_densities(batch, codes, 10, AggregateEstimate::weighted);
  for (std::int64_t i = 0; i < 3; ++i) {
    const auto expected = exact(batch, codes[i]);  // a mean over 3, not a sum over 30
    EXPECT_NEAR(found.aggregate[i].item<double>(), expected.joint - std::log(10), 1e-9);
    EXPECT_NEAR(found.marginals[i].item<double>(), expected.marginals - 3 * std::log(10), 1e-9);
  }
}

TEST(DivergenceParts, SumToTheDivergenceOfDrawnCodes) {
  GaussianBottleneck bottleneck(GaussianBottleneck::Config{});
  bottleneck.build({3}, /*seed=*/0);
  const DenseBackbone backbone({}, {.input = {4}, .code = 3});
  const GaussianLikelihood likelihood({});
  const Parts parts = {backbone, bottleneck, likelihood};
  const auto all = some_gaussians(7);
  Pass pass;
  pass.pre_code = at::cat({all.mean, all.log_variance}, 1);
  const Step step{.seed = 3, .training = true, .set_size = 20};
  bottleneck.code(pass, step);
  double sum = 0;
  sum += TotalCorrelation(TotalCorrelation::Config{}).value(pass, parts, step).item<double>();
  sum += MutualInformation(MutualInformation::Config{}).value(pass, parts, step).item<double>();
  sum += DimensionwiseDivergence(DimensionwiseDivergence::Config{}).value(pass, parts, step).item<double>();
  const auto drawn =
      (bottleneck.log_density(pass.code, pass.pre_code) - bottleneck.log_prior(pass.code)).mean();
  EXPECT_NEAR(sum, drawn.item<double>(), 1e-9);
}

TEST(TotalCorrelation, IsZeroForIndependentDimensionsAndNotForCopies) {
  // 400 rows: narrow Gaussians at the points of a grid, whose dimensions are independent, or at its diagonal.
  const auto line = at::linspace(-2, 2, 20, at::kDouble);
  const auto grid = at::stack({line.repeat_interleave(20), line.repeat({20})}, 1);
  const auto copies = at::stack({line.repeat_interleave(20), line.repeat_interleave(20)}, 1);
  const auto total = [&](const Tensor& means) {
    const DiagonalGaussian all = {means, at::full_like(means, 2 * std::log(0.02))};
    const auto found =
        code_densities(all, means + 0.02 * numbers({400, 2}, 6), 400, AggregateEstimate::stratified);
    return (found.aggregate - found.marginals).mean().item<double>();
  };
  EXPECT_NEAR(total(grid), 0, 1e-3);
  EXPECT_NEAR(total(copies), std::log(20), 1e-3);  // what one of 20 places tells of the other dimension
}

}  // namespace
}  // namespace aelab
