// Scores by their definitions, computed anew.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "aelab/evaluation/feature_costs.h"
#include "aelab/evaluation/metrics/likelihood.h"
#include "aelab/evaluation/scores/density_score.h"
#include "aelab/evaluation/scores/likelihood_score.h"
#include "aelab/evaluation/scores/mahalanobis_score.h"
#include "aelab/evaluation/scores/reconstruction_score.h"
#include "aelab/models/dense.h"
#include "aelab/models/vae.h"
#include "aelab/nn/likelihoods.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

Batch all_of(const Dataset& rows) { return rows.range(0, rows.size()); }

std::shared_ptr<Autoencoder> some_dense() {
  const auto model =
      std::make_shared<Dense>(Dense::Config{.base = {.code = 3}, .backbone = {.hidden = {7}}}, few_digits());
  shake(*model);
  return model;
}

TEST(ReconstructionAnomalies, AreSquaredErrorsInUnitsOfTrainingRows) {
  const auto data = few_digits();
  const auto model = some_dense();
  const at::NoGradGuard no_gradients;
  const auto errors = [&](const Dataset& rows) {
    const auto x = all_of(rows).inputs;
    return (model->reconstruct(x) - x).square().flatten(1).to(at::kDouble);
  };
  ReconstructionScore plain({});
  plain.fit(*model, data.train, 0);
  const auto scored = score_rows(plain, *model, data.test, /*explain=*/true);
  EXPECT_TRUE(at::allclose(scored.scores, errors(data.test).sum(1)));
  EXPECT_TRUE(at::allclose(scored.contributions, errors(data.test)));
  ReconstructionScore scaled({.scaled = true, .floor = 0.5});
  scaled.fit(*model, data.train, 0);
  const auto mean = errors(data.train).mean(0);
  EXPECT_TRUE(at::allclose(score_rows(scaled, *model, data.test).scores,
                           (errors(data.test) / (mean + 0.5 * mean.mean())).sum(1)));
}

TEST(MahalanobisAnomalies, AreDistancesByTheInverseOfTheCovariance) {
  const auto data = few_digits();
  const auto model = some_dense();
  const at::NoGradGuard no_gradients;
  MahalanobisScore score({});
  score.fit(*model, data.train, 0);
  const auto codes = model->encode(all_of(data.train)).to(at::kDouble);
  const auto centered = codes - codes.mean(0);
  const auto precision = (at::mm(centered.t(), centered) / codes.size(0)).inverse();
  const auto apart = model->encode(all_of(data.test)).to(at::kDouble) - codes.mean(0);
  EXPECT_TRUE(at::allclose(score_rows(score, *model, data.test).scores,
                           (at::mm(apart, precision) * apart).sum(1), 1e-3));
  // Of training rows the mean is the number of dimensions.
  EXPECT_NEAR(score_rows(score, *model, data.train).scores.mean().item<double>(), 3, 0.01);
}

TEST(DensityAnomalies, AreMinusTheLogDensityOfTheSampler) {
  const auto data = few_digits();
  const auto model = some_dense();
  const at::NoGradGuard no_gradients;
  DensityScore score({.sampler = GaussianSampler::Config{}});
  score.fit(*model, data.train, 0);
  MahalanobisScore distance({});
  distance.fit(*model, data.train, 0);
  // Of one Gaussian: half the squared distance, half the log determinant, and 3/2 log 2 pi.
  const auto codes = model->encode(all_of(data.train)).to(at::kDouble);
  const auto centered = codes - codes.mean(0);
  const double constant =
      (at::mm(centered.t(), centered) / codes.size(0)).logdet().item<double>() / 2 + 1.5 * std::log(2 * M_PI);
  EXPECT_TRUE(at::allclose(score_rows(score, *model, data.test).scores,
                           score_rows(distance, *model, data.test).scores / 2 + constant, 1e-3, 1e-4));
}

TEST(LikelihoodAnomalies, OfOtherModelsAreGivenTheCode) {
  const auto data = few_digits();
  const auto model = std::make_shared<Dense>(
      Dense::Config{.base = {.code = 3, .likelihood = GaussianLikelihood::Config{.deviation = 0.5}}}, data);
  const at::NoGradGuard no_gradients;
  const auto x = all_of(data.test).inputs;
  const auto squares = (model->reconstruct(x) - x).square().flatten(1).to(at::kDouble);
  const auto each = squares / (2 * 0.25) + std::log(0.5) + std::log(2 * M_PI) / 2;
  const auto scored = score_rows(LikelihoodScore({}), *model, data.test, /*explain=*/true);
  EXPECT_TRUE(at::allclose(scored.scores, each.sum(1), 1e-4));
  EXPECT_TRUE(at::allclose(scored.contributions + std::log(2 * M_PI) / 2, each, 1e-3, 1e-4));
}

TEST(LikelihoodAnomalies, OfVariationalModelsAgreeWithTheMetric) {
  auto data = few_digits();
  const auto binary = (all_of(data.test).inputs > 0.5).to(at::kFloat);
  data.test = Dataset::from_tensors(binary, all_of(data.test).labels);
  const auto model = std::make_shared<Vae>(Vae::Config{.base = {.code = 2}}, data);
  const auto scored = score_rows(LikelihoodScore({.samples = 3000}), *model, data.test, /*explain=*/true);
  const auto results = evaluate(*model, data.test, data, {LikelihoodEstimate::Config{.samples = 3000}});
  EXPECT_EQ(results[1].measure.name, "likelihood/nll");
  EXPECT_NEAR(scored.scores.mean().item<double>(), *results[1].value, 0.05);
  EXPECT_EQ(scored.contributions.sizes(), (at::IntArrayRef{data.test.size(), 64}));
  // With the divergence the contributions are the cost of the lower bound.
  const auto divergence = -*results[0].value - scored.contributions.sum(1).mean().item<double>();
  EXPECT_GT(divergence, 0);
  EXPECT_LT(divergence, 2);
}

TEST(LikelihoodAnomalies, DependOnTheRowAlone) {
  const auto data = few_digits();
  const auto model = std::make_shared<Vae>(Vae::Config{.base = {.code = 2}}, data);
  const LikelihoodScore score({.samples = 7});
  const auto whole = score_rows(score, *model, data.test).scores;
  const auto order = at::arange(data.test.size() - 1, -1, -1, at::kLong);
  const auto reversed = score_rows(score, *model, data.test.subset(order)).scores;
  EXPECT_TRUE(at::allclose(reversed, whole.flip(0), 1e-6));
  EXPECT_TRUE(at::allclose(score_rows(score, *model, data.test.subset(at::full({1}, 5, at::kLong))).scores,
                           whole.slice(0, 5, 6), 1e-6));
}

TEST(FeatureCosts, AddUpOrAreNone) {
  const auto target = at::rand({4, 2, 3});
  for (const auto& choice :
       {Choice<Likelihood>(BernoulliLikelihood::Config{}),
        Choice<Likelihood>(GaussianLikelihood::Config{.mean = GaussianMean::sigmoid, .deviation = 0.3}),
        Choice<Likelihood>(HeteroscedasticLikelihood::Config{})}) {
    const auto likelihood = choice.make();
    auto shape = likelihood->output_shape({2, 3});
    shape.insert(shape.begin(), 4);
    const auto output = at::randn(shape);
    const auto costs = feature_costs(*likelihood, output, target);
    ASSERT_EQ(costs.sizes(), (at::IntArrayRef{4, 6})) << choice.kind();
    EXPECT_TRUE(at::allclose(costs.sum(1), likelihood->negative_log(output, target), 1e-4, 1e-4));
    // Another value of one feature changes its own cost alone.
    auto other = target.clone();
    other.view({4, 6}).select(1, 4) += 0.1;
    const auto changed = (feature_costs(*likelihood, output, other) - costs).abs() > 1e-6;
    EXPECT_TRUE(at::equal(changed.any(0), at::arange(6) == 4)) << choice.kind();
  }
}

}  // namespace
}  // namespace aelab
