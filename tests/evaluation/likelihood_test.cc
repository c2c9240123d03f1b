// The estimate of the log-likelihood, against models whose likelihood is known in closed form.

#include "aelab/evaluation/metrics/likelihood.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "aelab/models/dense.h"
#include "aelab/nn/dense_backbone.h"
#include "aelab/nn/gaussian_bottleneck.h"
#include "aelab/nn/likelihoods.h"
#include "aelab/nn/priors.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

using LikelihoodValues = std::vector<std::optional<double>>;

enum { kBound, kNll, kBits, kError, kEffective };

/// What the metric measures of rows that come in batches of these sizes.
LikelihoodValues measured_likelihood(const Autoencoder& model, const Tensor& x,
                                     const LikelihoodEstimate::Config& config,
                                     std::vector<std::int64_t> batches = {}) {
  const at::NoGradGuard no_grad;
  if (batches.empty()) batches = {x.size(0)};
  LikelihoodEstimate metric(config);
  metric.begin(model, {});
  for (const auto& batch : x.split_with_sizes(batches))
    metric.add({.target = batch, .code = {}, .reconstruction = {}});
  return metric.values();
}

std::shared_ptr<Autoencoder> latent_model(std::int64_t features, std::int64_t code,
                                          const Choice<Likelihood>& likelihood,
                                          const Choice<Prior>& prior = StandardPrior::Config{},
                                          double deviation = 0.5) {
  const AutoencoderConfig parts{.code = code,
                                .backbone = DenseBackbone::Config{},
                                .bottleneck = GaussianBottleneck::Config{.prior = prior},
                                .likelihood = likelihood};
  auto model = std::make_shared<Autoencoder>(parts, Context({features}, /*model_seed=*/3));
  model->to(at::kDouble);
  shake(*model, deviation);
  return model;
}

constexpr double kDeviation = 0.8;  // of x given its code

/// code ~ N(0, I), x ~ N(W code + b, kDeviation^2 I), and for q(code | x) nearly the Gaussian of the
/// posterior's mean and variances: N(M^-1 W^T (x - b), kDeviation^2 diag(M^-1)) with M = W^T W + kDeviation^2
/// I (Tipping & Bishop 1999).
std::shared_ptr<Autoencoder> probabilistic_pca() {
  const auto model = latent_model(4, 2, GaussianLikelihood::Config{.deviation = kDeviation});
  const at::NoGradGuard no_grad;
  auto random = fixed_generator(5);
  const auto parameters = model->named_parameters();
  const auto &w = parameters["backbone.decoder_0.weight"], &b = parameters["backbone.decoder_0.bias"];
  const auto noisy = [&](const Tensor& values) {
    return values + at::empty_like(values).normal_(0, 0.04, random);
  };
  w.copy_(at::empty_like(w).normal_(0, 0.8, random));
  const double variance = kDeviation * kDeviation;
  const auto inverse = (at::mm(w.t(), w) + variance * at::eye(2, w.options())).inverse();
  const auto of_mean = at::mm(inverse, w.t());
  parameters["backbone.encoder_0.weight"].copy_(noisy(at::cat({of_mean, at::zeros_like(of_mean)})));
  parameters["backbone.encoder_0.bias"].copy_(
      noisy(at::cat({-at::mv(of_mean, b), (variance * inverse.diag()).log()})));
  return model;
}

Tensor gaussian_rows(std::int64_t rows, std::int64_t features = 4) {
  auto random = fixed_generator(6);
  return at::empty({rows, features}, at::kDouble).normal_(0, 1.3, random);
}

Tensor weights_named(const Autoencoder& model, const std::string& name) {
  return model.named_parameters()["backbone." + name].detach();
}

/// -log p(x), averaged over rows: x has the distribution N(b, W W^T + kDeviation^2 I).
double exact_nll(const Autoencoder& model, const Tensor& x) {
  const auto w = weights_named(model, "decoder_0.weight"), b = weights_named(model, "decoder_0.bias");
  const auto covariance = at::mm(w, w.t()) + kDeviation * kDeviation * at::eye(w.size(0), w.options());
  const auto centered = x - b;
  const auto squared = (centered * at::mm(centered, covariance.inverse())).sum(1).mean();
  return (0.5 * (squared + covariance.logdet())).item<double>() +
         0.5 * static_cast<double>(w.size(0)) * std::log(2 * M_PI);
}

/// The evidence lower bound in closed form: the expectation of the squared error over q, and the divergence.
double exact_elbo(const Autoencoder& model, const Tensor& x) {
  const auto w = weights_named(model, "decoder_0.weight"), b = weights_named(model, "decoder_0.bias");
  const auto given =
      at::addmm(weights_named(model, "encoder_0.bias"), x, weights_named(model, "encoder_0.weight").t());
  const auto mean = given.narrow(1, 0, 2), variance = given.narrow(1, 2, 2).exp();
  const auto error = (at::addmm(b, mean, w.t()) - x).square().sum(1) + at::mv(variance, w.square().sum(0));
  const auto divergence = 0.5 * (mean.square() + variance - 1 - variance.log()).sum(1);
  return -(0.5 * error / (kDeviation * kDeviation) + divergence).mean().item<double>() -
         static_cast<double>(w.size(0)) * (std::log(kDeviation) + 0.5 * std::log(2 * M_PI));
}

TEST(LikelihoodEstimate, OfALinearGaussianModelIsThatOfProbabilisticPca) {
  const auto model = probabilistic_pca();
  const auto x = gaussian_rows(300);
  const auto values = measured_likelihood(*model, x, {.samples = 5000});
  const double exact = exact_nll(*model, x), elbo = exact_elbo(*model, x);
  std::printf("nll %.5f, exact %.5f, sampling error %.5f; elbo %.5f, exact %.5f; effective %.0f of 5000\n",
              *values[kNll], exact, *values[kError], *values[kBound], elbo, *values[kEffective]);
  EXPECT_NEAR(*values[kNll], exact, 1e-3);
  EXPECT_NEAR(*values[kNll], exact, 4 * *values[kError]);
  EXPECT_NEAR(*values[kBound], elbo, 3e-3);
  EXPECT_LT(elbo, -exact - 0.05);
  EXPECT_DOUBLE_EQ(*values[kBits], *values[kNll] / (4 * std::log(2)));
}

TEST(LikelihoodEstimate, SaysHowFarItIsFromOtherDraws) {
  const auto model = probabilistic_pca();
  const auto x = gaussian_rows(9);
  constexpr std::int64_t kDraws = 300;
  std::vector<double> estimates, errors;
  for (std::int64_t seed = 0; seed < kDraws; ++seed) {
    const auto values = measured_likelihood(*model, x, {.samples = 200, .seed = seed});
    estimates.push_back(*values[kNll]);
    errors.push_back(*values[kError]);
  }
  const double spread = at::tensor(estimates).std().item<double>();
  const double said = at::tensor(errors).square().mean().sqrt().item<double>();
  std::printf("standard deviation over seeds %.5f, sampling error %.5f\n", spread, said);
  EXPECT_NEAR(said / spread, 1, 0.15);
}

TEST(LikelihoodEstimate, IsThatComputedByHandOfItsCodes) {
  constexpr std::int64_t kRows = 3, kSamples = 4;
  const auto model = probabilistic_pca();
  const auto x = gaussian_rows(kRows);
  const auto values = measured_likelihood(*model, x, {.samples = kSamples, .seed = 9});
  const Step step{.seed = 9, .scope = "likelihood/", .rows = at::arange(kRows)};
  const auto w = weights_named(*model, "decoder_0.weight"), b = weights_named(*model, "decoder_0.bias");
  const auto pre_code = model->parts().backbone.encode(x, {}).detach();
  const auto noise =
      step.noise().normal_like("code", at::empty({kRows * kSamples, 2}, at::kDouble), kSamples);
  const auto at_place = [](const Tensor& t, std::int64_t i, std::int64_t j) {
    return t[i][j].item<double>();
  };
  double bound = 0, nll = 0, variance = 0, effective = 0;
  for (std::int64_t row = 0; row < kRows; ++row) {
    double weights[kSamples], sum = 0, squares = 0;
    for (std::int64_t k = 0; k < kSamples; ++k) {
      double density = 1, code[2];
      const auto normal = [](double value, double mean, double deviation) {
        const double z = (value - mean) / deviation;
        return std::exp(-z * z / 2) / (deviation * std::sqrt(2 * M_PI));
      };
      for (std::int64_t d = 0; d < 2; ++d) {
        const double mean = at_place(pre_code, row, d),
                     deviation = std::exp(0.5 * at_place(pre_code, row, 2 + d));
        code[d] = mean + deviation * at_place(noise, row * kSamples + k, d);
        density *= normal(code[d], 0, 1) / normal(code[d], mean, deviation);
      }
      for (std::int64_t i = 0; i < 4; ++i)
        density *= normal(at_place(x, row, i),
                          at_place(w, i, 0) * code[0] + at_place(w, i, 1) * code[1] + b[i].item<double>(),
                          kDeviation);
      weights[k] = density;
      sum += density;
      squares += density * density;
      bound += std::log(density) / (kRows * kSamples);
    }
    const double mean = sum / kSamples;
    nll -= std::log(mean) / kRows;
    effective += sum * sum / squares / kRows;
    double deviations = 0;
    for (const double weight : weights) deviations += (weight - mean) * (weight - mean);
    variance += deviations / (kSamples - 1) / kSamples / (mean * mean);
  }
  EXPECT_NEAR(*values[kBound], bound, 1e-9);
  EXPECT_NEAR(*values[kNll], nll, 1e-9);
  EXPECT_NEAR(*values[kError], std::sqrt(variance) / kRows, 1e-9);
  EXPECT_NEAR(*values[kEffective], effective, 1e-9);
}

TEST(LikelihoodEstimate, DoesNotDependOnTheBatches) {
  const auto model = probabilistic_pca();
  const auto x = gaussian_rows(23);
  for (const std::int64_t samples : {1, 250}) {  // the latter in three passes
    const auto whole = measured_likelihood(*model, x, {.samples = samples}),
               ragged = measured_likelihood(*model, x, {.samples = samples}, {1, 17, 2, 3}),
               first = measured_likelihood(*model, x.slice(0, 0, 17), {.samples = samples}),
               limited = measured_likelihood(*model, x, {.samples = samples, .rows = 17}, {10, 10, 3});
    for (std::size_t i = 0; i < whole.size(); ++i) {
      ASSERT_EQ(whole[i].has_value(), samples > 1 || i != kError);
      if (!whole[i]) continue;
      EXPECT_NEAR(*ragged[i], *whole[i], 1e-10);
      EXPECT_NEAR(*limited[i], *first[i], 1e-10);
    }
    EXPECT_GT(std::abs(*whole[kNll] - *first[kNll]), 1e-3);
  }
  const auto other = measured_likelihood(*model, x, {.samples = 250, .seed = 1});
  EXPECT_NE(*other[kNll], *measured_likelihood(*model, x, {.samples = 250})[kNll]);
}

/// Probabilities or densities of rows, each measured by itself, by codes that are drawn from wide Gaussians.
Tensor probabilities(const Autoencoder& model, const Tensor& x, std::int64_t samples) {
  {
    const at::NoGradGuard no_grad;
    const auto parameters = model.named_parameters();
    const auto code = elements(model.code_shape());
    parameters["backbone.encoder_0.weight"].narrow(0, code, code).zero_();
    parameters["backbone.encoder_0.bias"].narrow(0, code, code).fill_(1.6);
  }
  auto found = at::empty({x.size(0)}, at::kDouble);
  for (std::int64_t i = 0; i < x.size(0); ++i)
    found[i] = std::exp(-*measured_likelihood(model, x.slice(0, i, i + 1), {.samples = samples})[kNll]);
  return found;
}

TEST(LikelihoodEstimate, OfAllBinaryRowsAddsUpToOne) {
  for (const Choice<Prior>& prior :
       {Choice<Prior>(StandardPrior::Config{}), Choice<Prior>(MixturePrior::Config{.components = 3}),
        Choice<Prior>(VampPrior::Config{.components = 3})}) {
    const auto model = latent_model(4, 2, BernoulliLikelihood::Config{}, prior);
    auto rows = at::empty({16, 4}, at::kDouble);
    for (std::int64_t i = 0; i < 16; ++i)
      for (std::int64_t bit = 0; bit < 4; ++bit) rows[i][bit] = static_cast<double>(i >> bit & 1);
    EXPECT_NEAR(probabilities(*model, rows, 20000).sum().item<double>(), 1, 0.01) << prior.kind();
  }
}

TEST(LikelihoodEstimate, IsADensityThatIntegratesToOne) {
  constexpr double kStep = 0.25;
  const auto grid = at::arange(-15, 15, kStep, at::kDouble).unsqueeze(1);
  for (const Choice<Likelihood>& likelihood :
       {Choice<Likelihood>(GaussianLikelihood::Config{.deviation = 0.6}),
        Choice<Likelihood>(GaussianLikelihood::Config{.deviation = 0.7, .learned = true}),
        Choice<Likelihood>(HeteroscedasticLikelihood::Config{})}) {
    const auto model = latent_model(1, 1, likelihood, StandardPrior::Config{}, /*deviation=*/0.2);
    EXPECT_NEAR(probabilities(*model, grid, 4000).sum().item<double>() * kStep, 1, 0.02) << likelihood.kind();
  }
}

TEST(LikelihoodEstimate, IsAbsentWhereThereIsNoLikelihood) {
  const auto bernoulli = latent_model(4, 2, BernoulliLikelihood::Config{});
  const Dense deterministic({.base = {.code = 2}}, Context({4}));
  const auto of_rows = [](const Autoencoder& model, const Tensor& second) {
    LikelihoodEstimate metric({.samples = 3});
    const at::NoGradGuard no_grad;
    metric.begin(model, {});
    const auto type = model.parameters().front().scalar_type();
    metric.add({.target = at::ones({2, 4}, type), .code = {}, .reconstruction = {}});
    metric.add({.target = second.to(type), .code = {}, .reconstruction = {}});
    std::size_t measured = 0;
    for (const auto& value : metric.values()) measured += value.has_value();
    const auto cautions = metric.cautions();
    return std::pair(measured, cautions.empty() ? "" : cautions.front());
  };
  EXPECT_EQ(of_rows(*bernoulli, at::zeros({3, 4})), std::pair(std::size_t{5}, std::string()));
  const auto gray = of_rows(*bernoulli, at::full({3, 4}, 0.5));
  EXPECT_EQ(gray.first, 0U);
  EXPECT_SAYS(gray.second, "likelihood: not measured, as the likelihood \"bernoulli\" is not a distribution");
  EXPECT_EQ(of_rows(deterministic, at::zeros({3, 4})), std::pair(std::size_t{0}, std::string()));
  const auto infinite = latent_model(4, 2, GaussianLikelihood::Config{});
  EXPECT_EQ(of_rows(*infinite, at::full({3, 4}, INFINITY)).first, 0U);
}

}  // namespace
}  // namespace aelab
