// Comparisons of samples with rows, against hand computations and what holds for equal distributions.

#include "aelab/evaluation/metrics/generation.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "aelab/classifiers/logistic_regression.h"
#include "aelab/classifiers/nearest_neighbors.h"
#include "aelab/classifiers/rbf_svm.h"
#include "aelab/evaluation/classifier_test.h"
#include "aelab/evaluation/sample_comparison.h"
#include "aelab/evaluation/samplers/gaussian_samplers.h"
#include "aelab/evaluation/samplers/prior_sampler.h"
#include "aelab/models/dense.h"
#include "aelab/models/linear.h"
#include "aelab/nn/likelihoods.h"
#include "aelab/nn/mmd_penalty.h"
#include "aelab/nn/vector_quantized_bottleneck.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

enum { kPrecision, kRecall, kDensity, kCoverage, kMmd, kMmdP, kNovelty, kClassifier, kLow, kHigh };

Tensor normal_points(std::int64_t rows, std::int64_t features, std::int64_t seed) {
  auto random = fixed_generator(seed);
  return at::empty({rows, features}, at::kDouble).normal_(0, 1, random);
}

Coverage coverage_between(const Tensor& rows, const Tensor& samples, std::int64_t k) {
  return coverage_of(row_distances(rows, rows), row_distances(rows, samples), row_distances(samples, samples),
                     k);
}

TEST(SampleComparison, CountsBallsByHand) {
  // On a line, k = 1: rows 0, 1, 3, 7 have the radii 1, 1, 2, 4; samples 0.5, 1, 20 the radii 0.5, 0.5, 19.
  const auto rows = at::tensor({0., 1., 3., 7.}, at::kDouble).unsqueeze(1),
             samples = at::tensor({0.5, 1., 20.}, at::kDouble).unsqueeze(1);
  const auto found = coverage_between(rows, samples, 1);
  // 0.5 is in the balls of 0 and 1; 1 in that of 1 alone, as a ball leaves out its surface; 20 in none.
  EXPECT_DOUBLE_EQ(found.precision, 2. / 3);
  EXPECT_DOUBLE_EQ(found.density, (2. + 1 + 0) / 3);
  EXPECT_DOUBLE_EQ(found.coverage, 2. / 4);
  // 0 is in none, since |0 - 20| is not below 19; 1 in the ball of 1; 3 and 7 in that of 20.
  EXPECT_DOUBLE_EQ(found.recall, 3. / 4);
  // k = 2: the radii of the rows are 3, 2, 3 and 6, so that 0.5 and 1 are in three balls each.
  EXPECT_DOUBLE_EQ(coverage_between(rows, samples, 2).density, (3. + 3 + 0) / 3 / 2);
}

TEST(SampleComparison, HasItsExpectationsForEqualDistributions) {
  // A sample is in a row's ball with the probability k / n; no sample is in a ball where the k nearest of the
  // n - 1 + n other points are all rows.
  constexpr std::int64_t kRows = 1000, kNeighbors = 5;
  double missed = 1;
  for (std::int64_t i = 0; i < kNeighbors; ++i)
    missed *= static_cast<double>(kRows - 1 - i) / static_cast<double>(2 * kRows - 1 - i);
  for (const std::int64_t features : {2, 64}) {
    const auto found =
        coverage_between(normal_points(kRows, features, 1), normal_points(kRows, features, 2), kNeighbors);
    std::printf("%ld features: precision %.3f, recall %.3f, density %.3f, coverage %.3f\n",
                static_cast<long>(features), found.precision, found.recall, found.density, found.coverage);
    EXPECT_NEAR(found.density, 1, 0.1);
    EXPECT_NEAR(found.coverage, 1 - missed, 0.02);
    EXPECT_NEAR(found.precision, found.recall, 0.1);
  }
  const auto apart = coverage_between(normal_points(200, 4, 1), normal_points(200, 4, 2) + 30, kNeighbors);
  EXPECT_EQ(apart.precision + apart.recall + apart.density + apart.coverage, 0);
}

std::optional<TwoSampleTest> test_between(const Tensor& x, const Tensor& y, std::int64_t permutations = 99,
                                          std::int64_t seed = 0) {
  return discrepancy_test(row_distances(x, x), row_distances(x, y), row_distances(y, y), permutations, seed);
}

TEST(SampleComparison, MeasuresTheUnbiasedDiscrepancy) {
  const auto x = normal_points(40, 3, 1), y = 0.5 * normal_points(30, 3, 2) + 0.3;
  const auto all = at::cat({x, y});
  const double scale = at::pdist(all).square().median().item<double>();
  const auto expected = squared_mmd(MmdKernel::rbf, x, y, std::sqrt(scale / (2 * 3)), {1});
  EXPECT_NEAR(test_between(x, y)->statistic, expected.item<double>(), 1e-12);
  EXPECT_FALSE(test_between(at::ones({5, 2}), at::ones({4, 2})));
}

TEST(SampleComparison, RejectsAsOftenAsItSaysAndWhatDiffers) {
  constexpr int kTests = 300;
  int rejected = 0;
  for (int i = 0; i < kTests; ++i)
    rejected += test_between(normal_points(20, 2, 2 * i), normal_points(20, 2, 2 * i + 1), 39)->p <= 0.1;
  EXPECT_NEAR(rejected / static_cast<double>(kTests), 0.1, 4 * std::sqrt(0.09 / kTests));
  EXPECT_EQ(test_between(normal_points(50, 2, 1), normal_points(50, 2, 2) + 1, 199)->p, 1. / 200);
  EXPECT_EQ(test_between(normal_points(50, 2, 1), 3 * normal_points(50, 2, 2), 199)->p, 1. / 200);
}

TEST(SampleComparison, IsCalibratedAsTheReferenceIs) {
  // Two sets of Gaussians in 1000 dimensions, k = 5: with 10,000 points each the authors' code (Naeem et al.
  // 2020) prints precision .477, recall .471, density 1.06, coverage .97. Of 2,000 points, as here, its
  // formulas in NumPy give .554 (.017), .553 (.012), 1.022 (.087), .971 (.008), the means and standard
  // deviations of 12 seeds; four of these are allowed.
  constexpr std::int64_t kPoints = 2000, kDimensions = 1000;
  const auto distances = [](const Tensor& a, const Tensor& b) {
    const auto squares = a.square().sum(1).unsqueeze(1) + b.square().sum(1) - 2 * at::mm(a, b.t());
    return squares.clamp_min(0).sqrt();
  };
  const auto x = normal_points(kPoints, kDimensions, 1).to(at::kFloat),
             y = normal_points(kPoints, kDimensions, 2).to(at::kFloat);
  const auto found = coverage_of(distances(x, x), distances(x, y), distances(y, y), 5);
  std::printf("precision %.4f, recall %.4f, density %.4f, coverage %.4f\n", found.precision, found.recall,
              found.density, found.coverage);
  EXPECT_NEAR(found.precision, 0.554, 4 * 0.017);
  EXPECT_NEAR(found.recall, 0.553, 4 * 0.012);
  EXPECT_NEAR(found.density, 1.022, 4 * 0.087);
  EXPECT_NEAR(found.coverage, 0.971, 4 * 0.008);
}

TEST(ClassifierTwoSampleTest, HasTheAccuracyOfTheBestClassifier) {
  // Of N(0, I) and N((2, 0), I) it is the standard normal distribution's at 1.
  auto y = normal_points(4000, 2, 2);
  y.select(1, 0).add_(2);
  LogisticRegression classifier({});
  const auto test = classifier_test(normal_points(4000, 2, 1), y, classifier, 3);
  const double best = 0.5 * std::erfc(-1 / std::sqrt(2.));
  EXPECT_NEAR(test->accuracy, best, 0.02);
  EXPECT_LT(test->low, best);
  EXPECT_GT(test->high, best);
  EXPECT_NEAR(test->high - test->low, 2 * 1.96 * std::sqrt(best * (1 - best) / 4000), 1e-3);
  EXPECT_FALSE(classifier_test(normal_points(3, 2, 1), y, classifier, 3));
}

TEST(ClassifierTwoSampleTest, IsTestedOnRowsThatItWasNotFittedTo) {
  // The nearest neighbor of a row is the row itself: on the rows that were fitted it would always be right.
  NearestNeighbors nearest({.k = 1});
  const auto test = classifier_test(normal_points(400, 3, 1), normal_points(400, 3, 2), nearest, 0);
  EXPECT_NEAR(test->accuracy, 0.5, 0.12);
}

TEST(ClassifierTwoSampleTest, ExcludesHalfAsSeldomAsItSays) {
  constexpr int kTests = 300;
  int excluded = 0;
  for (int i = 0; i < kTests; ++i) {
    LogisticRegression classifier({});
    const auto test =
        classifier_test(normal_points(40, 2, 2 * i), normal_points(40, 2, 2 * i + 1), classifier, i);
    excluded += test->low > 0.5 || test->high < 0.5;
  }
  EXPECT_LT(excluded / static_cast<double>(kTests), 0.05 + 4 * std::sqrt(0.05 * 0.95 / kTests));
  RbfSvm svm({});  // sees other variances, too
  EXPECT_GT(classifier_test(normal_points(200, 2, 1), 3 * normal_points(200, 2, 2), svm, 0)->low, 0.5);
}

/// Rows of a plane in three dimensions, which a linear model of two can code.
Tensor plane_rows(std::int64_t rows, std::int64_t seed) {
  const auto codes = normal_points(rows, 2, seed).to(at::kFloat);
  return at::cat({codes, codes.sum(1, /*keepdim=*/true)}, 1);
}

std::vector<std::optional<double>> measured_generation(const Autoencoder& model, const Tensor& train,
                                                       const Tensor& x, Generation::Config config,
                                                       std::vector<std::int64_t> batches = {},
                                                       std::vector<std::string>* cautions = nullptr) {
  const at::NoGradGuard no_grad;
  Generation metric(config);
  metric.begin(model, {.train = Dataset::from_tensors(train), .validation = {}, .test = {}});
  if (batches.empty()) batches = {x.size(0)};
  for (const auto& batch : x.split_with_sizes(batches))
    metric.add({.target = batch, .code = {}, .reconstruction = {}});
  auto values = metric.values();
  if (cautions) *cautions = metric.cautions();
  return values;
}

/// Codes are the first two values of a row, decoded to these and `gain` times their sum.
std::shared_ptr<Autoencoder> plane_model(double gain) {
  auto model = std::make_shared<Linear>(Linear::Config{.code = 2}, Context({3}));
  const at::NoGradGuard no_grad;
  const auto parameters = model->named_parameters();
  for (auto& parameter : model->parameters()) parameter.zero_();
  parameters["backbone.encoder_0.weight"].copy_(at::eye(2, 3));
  auto weight = at::eye(3, 2);
  weight[2].fill_(gain);
  parameters["backbone.decoder_0.weight"].copy_(weight);
  return model;
}

TEST(Generation, TellsSamplesOfTheRowsDistributionFromOthers) {
  const auto train = plane_rows(2000, 1), x = plane_rows(400, 2);
  const auto good = measured_generation(*plane_model(1), train, x, {.permutations = 99}, {1, 300, 99});
  EXPECT_NEAR(*good[kDensity], 1, 0.15);
  EXPECT_NEAR(*good[kCoverage], 0.97, 0.03);
  EXPECT_GT(*good[kPrecision], 0.9);
  EXPECT_GT(*good[kRecall], 0.9);
  EXPECT_GT(*good[kMmdP], 0.02);
  EXPECT_NEAR(*good[kNovelty], 1, 0.25);
  EXPECT_LT(*good[kLow], 0.5);
  EXPECT_GT(*good[kHigh], 0.5);
  const auto bad = measured_generation(*plane_model(-1), train, x, {.permutations = 99});
  EXPECT_LT(*bad[kPrecision], 0.5);
  EXPECT_EQ(*bad[kMmdP], 0.01);
  EXPECT_GT(*bad[kMmd], *good[kMmd]);
  EXPECT_GT(*bad[kNovelty], 2);
  EXPECT_GT(*bad[kClassifier], 0.8);
  EXPECT_GT(*bad[kLow], 0.75);
}

TEST(Generation, DoesNotDependOnTheBatchesAndTakesTheFirstRows) {
  const auto train = plane_rows(300, 1), x = plane_rows(90, 2);
  const Generation::Config config{.rows = 60, .permutations = 19};
  const auto whole = measured_generation(*plane_model(1), train, x, config),
             ragged = measured_generation(*plane_model(1), train, x, config, {7, 1, 50, 32}),
             first = measured_generation(*plane_model(1), train, x.slice(0, 0, 60), config);
  auto more = config;
  more.rows = 90;
  EXPECT_NE(measured_generation(*plane_model(1), train, x, more), whole);
  EXPECT_EQ(ragged, whole);
  EXPECT_EQ(first, whole);
}

TEST(Generation, SeesSamplesThatRepeatTrainingRows) {
  // Codes that take few values: every sample is nearly a training row, and a new row is not.
  const auto few = plane_rows(3, 1), train = few.repeat({20, 1}), x = plane_rows(60, 5);
  const auto values = measured_generation(
      *plane_model(1), train, x,
      {.samples = {.sampler = MixtureSampler::Config{.components = 3}}, .permutations = 19});
  EXPECT_LT(*values[kNovelty], 0.05);
}

TEST(Generation, OfRowsThatAreDrawnIsNotOfTheirMeans) {
  // Rows of independent bits, whose likelihood is known: a model that knows it decodes gray means, from which
  // bits are told at once, and draws rows of bits.
  const auto bits = [](std::int64_t rows, std::int64_t seed) {
    return (at::rand({rows, 3}, random_generator(seed, "bits")) < 0.5).to(at::kFloat);
  };
  auto model = std::make_shared<Dense>(
      Dense::Config{.base = {.code = 2, .likelihood = BernoulliLikelihood::Config{}}}, Context({3}));
  {
    const at::NoGradGuard no_grad;
    for (const auto& [name, parameter] : parameters_of(*model))
      if (name.find("decoder") != std::string::npos) parameter.zero_();
  }
  const auto measured = [&](Decoding decoding) {
    return measured_generation(*model, bits(600, 1), bits(400, 2),
                               {.samples = {.decoding = decoding}, .permutations = 99}, {1, 300, 99});
  };
  const auto means = measured(Decoding::mean), draws = measured(Decoding::draw);
  EXPECT_GT(*means[kLow], 0.9);
  EXPECT_EQ(*means[kMmdP], 0.01);
  EXPECT_LT(*draws[kLow], 0.5);
  EXPECT_GT(*draws[kHigh], 0.5);
  EXPECT_GT(*draws[kMmdP], 0.02);
  EXPECT_NEAR(*draws[kMmd], 0, 0.01);
}

TEST(Generation, IsAbsentWhereNothingCanBeDrawn) {
  const auto train = plane_rows(30, 1), x = plane_rows(30, 2);
  const auto measured = [&](const Autoencoder& model, const Generation::Config& config,
                            std::vector<std::string>* cautions) {
    std::size_t count = 0;
    for (const auto& value : measured_generation(model, train, x, config, {}, cautions))
      count += value.has_value();
    return count;
  };
  std::vector<std::string> cautions;
  EXPECT_EQ(measured(*plane_model(1), {.permutations = 9}, &cautions), 10U);
  EXPECT_TRUE(cautions.empty());
  EXPECT_EQ(measured(*plane_model(1), {.samples = {.sampler = PriorSampler::Config{}}}, &cautions), 0U);
  ASSERT_EQ(cautions.size(), 1U);
  EXPECT_SAYS(cautions[0], "generation: not measured, as no codes can be drawn: this model has no prior");
  EXPECT_EQ(measured(*plane_model(1), {.neighbors = 30}, &cautions), 0U);
  const Dense quantized({.base = {.code = 2, .bottleneck = VectorQuantizedBottleneck::Config{.codes = 4}}},
                        Context({3}));
  EXPECT_EQ(measured(quantized, {}, &cautions), 0U);
  ASSERT_EQ(cautions.size(), 1U);
  EXPECT_SAYS(cautions[0], "generation: not measured, as no codes can be drawn: neither a prior nor");
}

}  // namespace
}  // namespace aelab
