#include "aelab/evaluation/metrics/rate_distortion.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "aelab/models/dense.h"
#include "aelab/nn/dense_backbone.h"
#include "aelab/nn/gaussian_bottleneck.h"
#include "aelab/nn/likelihoods.h"
#include "aelab/nn/priors.h"
#include "aelab/nn/vector_quantized_bottleneck.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

std::vector<std::optional<double>> measured_rate(const Autoencoder& model, const Tensor& x,
                                                 const std::vector<std::int64_t>& batches) {
  const at::NoGradGuard no_grad;
  RateDistortion metric({});
  metric.begin(model, {});
  for (const auto& batch : x.split_with_sizes(batches))
    metric.add({.target = batch, .code = {}, .reconstruction = {}});
  return metric.values();
}

constexpr double kSpread = 0.7;  // of x given its code

/// Of three values: z_i ~ N(s_i x_i, d_i^2) for the first two, x ~ N(W z, kSpread^2 I).
std::shared_ptr<Autoencoder> linear_gaussian(const Choice<Prior>& prior) {
  const AutoencoderConfig parts{.code = 2,
                                .backbone = DenseBackbone::Config{},
                                .bottleneck = GaussianBottleneck::Config{.prior = prior},
                                .likelihood = GaussianLikelihood::Config{.deviation = kSpread}};
  auto model = std::make_shared<Autoencoder>(parts, Context({3}, /*model_seed=*/3));
  model->to(at::kDouble);
  const at::NoGradGuard no_grad;
  const auto parameters = model->named_parameters();
  parameters["backbone.encoder_0.weight"].zero_();
  parameters["backbone.encoder_0.weight"][0][0] = 0.9;
  parameters["backbone.encoder_0.weight"][1][1] = -0.5;
  parameters["backbone.encoder_0.bias"].copy_(
      at::tensor({0., 0., 2 * std::log(0.3), 2 * std::log(0.6)}, at::kDouble));
  parameters["backbone.decoder_0.weight"].copy_(
      at::tensor({1., 0.5, -0.25, 0.8, 0.1, 0.4}, at::kDouble).view({3, 2}));
  parameters["backbone.decoder_0.bias"].zero_();
  return model;
}

TEST(RateDistortion, AreThoseOfALinearGaussianModelInClosedForm) {
  auto random = fixed_generator(8);
  const auto x = at::empty({20'000, 3}, at::kDouble).normal_(0, 1, random);
  const auto mean = x.slice(1, 0, 2) * at::tensor({0.9, -0.5}, at::kDouble);
  const auto variance = at::tensor({0.09, 0.36}, at::kDouble);
  const double rate = (0.5 * (mean.square() + variance - 1 - variance.log())).sum(1).mean().item<double>();
  const auto w = at::tensor({1., 0.5, -0.25, 0.8, 0.1, 0.4}, at::kDouble).view({3, 2});
  const double error = (x - at::mm(mean, w.t())).square().sum(1).mean().item<double>() +
                       at::mm(w.square(), variance.unsqueeze(1)).sum().item<double>();
  const double distortion = error / (2 * kSpread * kSpread) + 1.5 * std::log(2 * M_PI * kSpread * kSpread);
  const auto standard = linear_gaussian(StandardPrior::Config{});
  for (const auto& batches : {std::vector<std::int64_t>{20'000}, {7000, 1, 12'999}}) {
    const auto values = measured_rate(*standard, x, batches);
    EXPECT_NEAR(*values[0], rate, 1e-9);
    EXPECT_NEAR(*values[1], distortion, 0.03);  // 20,000 codes
  }
}

TEST(RateDistortion, AddUpToTheDivergenceOfDrawsWherePriorsHaveNoClosedForm) {
  // One component that is the standard normal distribution.
  const auto model = linear_gaussian(MixturePrior::Config{.components = 1});
  const at::NoGradGuard no_grad;
  model->named_parameters()["bottleneck.prior.means"].zero_();
  auto random = fixed_generator(8);
  const auto x = at::empty({20'000, 3}, at::kDouble).normal_(0, 1, random);
  const auto exact = measured_rate(*linear_gaussian(StandardPrior::Config{}), x, {20'000});
  const auto drawn = measured_rate(*model, x, {20'000});
  EXPECT_NE(*drawn[0], *exact[0]);
  EXPECT_NEAR(*drawn[0], *exact[0], 0.03);
  EXPECT_DOUBLE_EQ(*drawn[1], *exact[1]);  // the same codes
}

TEST(RateDistortion, OfACodebookHasTheLogarithmOfItsSizeForEachVector) {
  auto model = std::make_shared<Dense>(
      Dense::Config{.base = {.code = 2,
                             .bottleneck = VectorQuantizedBottleneck::Config{.codes = 5, .dimension = 1},
                             .likelihood = GaussianLikelihood::Config{}}},
      Context({2}));
  const at::NoGradGuard no_grad;
  const auto parameters = model->named_parameters();
  for (const auto* layer : {"encoder", "decoder"}) {
    parameters[std::string("backbone.") + layer + "_0.weight"].copy_(at::eye(2));
    parameters[std::string("backbone.") + layer + "_0.bias"].zero_();
  }
  parameters["bottleneck.codebook"].copy_(at::tensor({-5.F, 0.F, 1.F, 2.F, 9.F}).unsqueeze(1));
  const auto values = measured_rate(*model, at::tensor({0.2F, 1.1F, 2.5F, 8.F}).view({2, 2}), {1, 1});
  EXPECT_NEAR(*values[0], 2 * std::log(5), 1e-12);
  const double squares = 0.2 * 0.2 + 0.1 * 0.1 + 0.5 * 0.5 + 1;
  EXPECT_NEAR(*values[1], squares / 2 / 2 + std::log(2 * M_PI), 1e-6);
}

TEST(RateDistortion, AreAbsentWhereCodesHaveNoDensity) {
  const auto values = measured_rate(Dense({.base = {.code = 2}}, Context({2})), at::rand({5, 2}), {5});
  ASSERT_EQ(values.size(), 2U);
  EXPECT_FALSE(values[0] || values[1]);
}

}  // namespace
}  // namespace aelab
