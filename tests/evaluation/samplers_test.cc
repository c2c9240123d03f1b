#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "aelab/evaluation/samplers/gaussian_samplers.h"
#include "aelab/evaluation/samplers/kernel_sampler.h"
#include "aelab/evaluation/samplers/prior_sampler.h"
#include "aelab/models/dense.h"
#include "aelab/models/wae.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

Tensor numbers(at::IntArrayRef shape, std::int64_t seed) {
  auto random = fixed_generator(seed);
  return at::empty(shape, at::kDouble).normal_(0, 1, random);
}

const Autoencoder& some_model() {
  static const auto model = std::make_shared<Dense>(Dense::Config{.base = {.code = 2}}, Context(Shape{5}));
  return *model;
}

TEST(GaussianSampler, HasTheMomentsOfTheCodes) {
  const auto lean = at::tensor({1.0, 2.0, 0.0, 0.5}, at::kDouble).view({2, 2});
  const auto codes = at::mm(numbers({300, 2}, 1), lean) + at::tensor({3.0, -1.0}, at::kDouble);
  GaussianSampler sampler({});
  sampler.fit(some_model(), codes, 0);
  const auto centered = codes - codes.mean(0);
  const auto covariance = at::mm(centered.t(), centered) / 300;
  const auto at_zero = sampler.log_density(at::zeros({1, 2}, at::kDouble)).item<double>();
  const auto mean = codes.mean(0).unsqueeze(1);
  const double expected = -0.5 * (at::mm(at::mm(mean.t(), covariance.inverse()), mean).item<double>() +
                                  covariance.logdet().item<double>() + 2 * std::log(2 * M_PI));
  EXPECT_NEAR(at_zero, expected, 1e-4 * std::abs(expected));
  const auto drawn = sampler.draw(40000, 1);
  EXPECT_TRUE(at::allclose(drawn.mean(0), codes.mean(0), 0, 0.06));
  const auto apart = drawn - drawn.mean(0);
  EXPECT_TRUE(at::allclose(at::mm(apart.t(), apart) / 40000, covariance, 0.04, 0.03));
}

TEST(GaussianMixture, IsFoundAgain) {
  // Three Gaussians of weights .5, .3, .2, well apart.
  const auto centers = at::tensor({0.0, 0.0, 10.0, 0.0, 0.0, 10.0}, at::kDouble).view({3, 2});
  const auto of = at::cat({at::zeros({1000}), at::ones({600}), 2 * at::ones({400})}).to(at::kLong);
  const auto widths = at::tensor({1.0, 0.5, 2.0}, at::kDouble).index({of}).unsqueeze(1);
  const auto rows = centers.index({of}) + widths * numbers({2000, 2}, 2);
  const auto found = fit_gaussian_mixture(rows, 3, 1e-6, /*seed=*/3);
  const auto order = std::get<1>(found.weights.sort(0, /*descending=*/true));
  EXPECT_TRUE(at::allclose(found.weights.index({order}), at::tensor({0.5, 0.3, 0.2}, at::kDouble), 0, 0.01));
  EXPECT_TRUE(at::allclose(found.means.index({order}), centers, 0, 0.25));
  EXPECT_TRUE(at::allclose(found.covariances.index({order}).diagonal(0, 1, 2).mean(1),
                           at::tensor({1.0, 0.25, 4.0}, at::kDouble), 0.1));
}

TEST(GaussianMixture, SumsItsComponentsDensities) {
  const GaussianMixture mixture = {at::tensor({0.25, 0.75}, at::kDouble),
                                   at::tensor({0.0, 2.0}, at::kDouble).unsqueeze(1),
                                   at::tensor({1.0, 4.0}, at::kDouble).view({2, 1, 1})};
  const double x = 1.5;
  const double expected = 0.25 * std::exp(-x * x / 2) / std::sqrt(2 * M_PI) +
                          0.75 * std::exp(-(x - 2) * (x - 2) / 8) / std::sqrt(8 * M_PI);
  EXPECT_NEAR(mixture.log_density(at::full({1, 1}, x, at::kDouble)).item<double>(), std::log(expected),
              1e-12);
}

TEST(GaussianMixture, IsLikelierTheLongerItIsFittedAndSurvivesCopies) {
  const auto rows =
      at::cat({numbers({100, 3}, 4), at::ones({100, 3}, at::kDouble)});  // half of them are equal
  const auto one = fit_gaussian_mixture(rows, 1, 1e-6, 0), four = fit_gaussian_mixture(rows, 4, 1e-6, 0);
  EXPECT_GT(four.log_density(rows).mean().item<double>(), one.log_density(rows).mean().item<double>() + 1);
  EXPECT_TRUE(four.log_density(rows).isfinite().all().item<bool>());
}

TEST(KernelSampler, IsTheMeanOfItsKernels) {
  const auto codes = numbers({12, 2}, 5);
  KernelSampler sampler({.bandwidth = 0.5});
  sampler.fit(some_model(), codes, 0);
  const auto centered = codes - codes.mean(0);
  const auto covariance = 0.25 * at::mm(centered.t(), centered) / 12;
  const auto x = at::tensor({0.3, -0.2}, at::kDouble);
  double sum = 0;
  for (std::int64_t i = 0; i < 12; ++i) {
    const auto from = (x - codes[i]).unsqueeze(1);
    const double squared = at::mm(at::mm(from.t(), covariance.inverse()), from).item<double>();
    sum += std::exp(-squared / 2) / (2 * M_PI * std::sqrt(covariance.det().item<double>())) / 12;
  }
  EXPECT_NEAR(sampler.log_density(x.unsqueeze(0)).item<double>(), std::log(sum), 1e-3);
}

TEST(KernelSampler, ChoosesNarrowKernelsForManyGroups) {
  const auto groups = 10 * (at::arange(400) % 4).to(at::kDouble).unsqueeze(1).expand({400, 2});
  const auto codes = groups + 0.1 * numbers({400, 2}, 6);
  KernelSampler chosen({}), wide({.bandwidth = 1});
  chosen.fit(some_model(), codes, 0);
  wide.fit(some_model(), codes, 0);
  EXPECT_GT(chosen.log_density(codes).mean().item<double>(),
            wide.log_density(codes).mean().item<double>() + 1);
}

TEST(PriorSampler, DrawsWhatCodesAreTrainedToBeLike) {
  Wae::Config config{.base = {.code = 2}, .mmd = {.deviation = 3}};
  const Wae model(config, Context(Shape{5}));
  PriorSampler sampler({});
  sampler.fit(model, {}, 0);
  EXPECT_NEAR(sampler.draw(20000, 0).std().item<double>(), 3, 0.1);
  EXPECT_SAYS(message_of<Error>([] { PriorSampler({}).fit(some_model(), {}, 0); }), "has no prior");
}

}  // namespace
}  // namespace aelab
