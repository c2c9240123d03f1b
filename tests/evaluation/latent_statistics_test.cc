// What random codes tell of their rows, against closed forms.

#include "aelab/evaluation/metrics/latent_statistics.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "aelab/models/dense.h"
#include "aelab/nn/dense_backbone.h"
#include "aelab/nn/divergence_parts.h"
#include "aelab/nn/gaussian_bottleneck.h"
#include "aelab/nn/likelihoods.h"
#include "aelab/nn/priors.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

enum { kKl, kLargestKl, kActive, kCollapsed, kInformation, kLargestInformation, kAggregate };

struct LatentValues {
  std::vector<std::optional<double>> values;
  std::vector<std::string> cautions;
  double operator[](std::size_t i) const { return values[i].value(); }
};

LatentValues measured_latent(const Autoencoder& model, const Tensor& x,
                             const LatentStatistics::Config& config = {},
                             std::vector<std::int64_t> batches = {}) {
  const at::NoGradGuard no_grad;
  if (batches.empty()) batches = {x.size(0)};
  LatentStatistics metric(config);
  metric.begin(model, {});
  for (const auto& batch : x.split_with_sizes(batches))
    metric.add({.target = batch, .code = {}, .reconstruction = {}});
  return {metric.values(), metric.cautions()};
}

/// Codes of as many dimensions as rows have: the mean of dimension d is scales[d] x[d] + shifts[d], its
/// standard deviation deviations[d].
std::shared_ptr<Autoencoder> scaling(const std::vector<double>& scales, const std::vector<double>& shifts,
                                     const std::vector<double>& deviations,
                                     const Choice<Prior>& prior = StandardPrior::Config{}) {
  const auto width = static_cast<std::int64_t>(scales.size());
  const AutoencoderConfig parts{.code = width,
                                .backbone = DenseBackbone::Config{},
                                .bottleneck = GaussianBottleneck::Config{.prior = prior},
                                .likelihood = GaussianLikelihood::Config{}};
  auto model = std::make_shared<Autoencoder>(parts, Context({width}, /*model_seed=*/3));
  model->to(at::kDouble);
  const at::NoGradGuard no_grad;
  const auto weight = at::tensor(scales, at::kDouble).diag();
  const auto parameters = model->named_parameters();
  parameters["backbone.encoder_0.weight"].copy_(at::cat({weight, at::zeros_like(weight)}));
  parameters["backbone.encoder_0.bias"].copy_(
      at::cat({at::tensor(shifts, at::kDouble), 2 * at::tensor(deviations, at::kDouble).log()}));
  return model;
}

Tensor normal_rows(std::int64_t rows, std::int64_t features) {
  auto random = fixed_generator(8);
  return at::empty({rows, features}, at::kDouble).normal_(0, 1, random);
}

TEST(LatentStatistics, AreThoseInClosedForm) {
  // The means of x = +-1 are 2 +- 0.5 and so on: their variances are the squared scales.
  const auto model = scaling({0.5, 0.101, 0.099, 0}, {2, 0, 0, 0}, {0.5, 1, 1, 1});
  const auto signs =
      at::tensor({1., 1., 1., 1., -1., -1., -1., -1.}, at::kDouble).view({2, 4}).repeat({4, 1});
  const double first = 0.5 * (4 + 0.25 + 0.25 - 1 - std::log(0.25)), second = 0.5 * 0.101 * 0.101,
               third = 0.5 * 0.099 * 0.099;
  for (const auto& batches : {std::vector<std::int64_t>{8}, {1, 5, 2}}) {
    const auto values = measured_latent(*model, signs, {}, batches);
    EXPECT_NEAR(values[kKl], first + second + third, 1e-12);
    EXPECT_NEAR(values[kLargestKl], first, 1e-12);
    EXPECT_EQ(values[kActive], 2);
    EXPECT_EQ(values[kCollapsed], 3. / 4);
    EXPECT_TRUE(values.cautions.empty());
  }
}

TEST(LatentStatistics, WarnOfACodeThatHasCollapsed) {
  const auto model = scaling({0.05, 0}, {0, 0.01}, {1, 1});
  const auto values = measured_latent(*model, normal_rows(50, 2));
  EXPECT_EQ(values[kActive], 0);
  EXPECT_EQ(values[kCollapsed], 1);
  ASSERT_EQ(values.cautions.size(), 1U);
  EXPECT_SAYS(values.cautions.front(), "latent: the code has collapsed: none of its 2 dimensions is active");
}

TEST(LatentStatistics, FindTheInformationOfAGaussianChannel) {
  // Of x ~ N(0, 1) through N(a x, s^2): log(1 + a^2 / s^2) / 2 nats a dimension.
  const auto model = scaling({1, 0.5, 0}, {0, 0, 3}, {0.5, 1, 1});
  const auto values = measured_latent(*model, normal_rows(3000, 3), {.rows = 3000});
  const double first = 0.5 * std::log(5), second = 0.5 * std::log(1.25);
  EXPECT_NEAR(values[kInformation], first + second, 0.04);
  EXPECT_NEAR(values[kLargestInformation], first, 0.04);
  // The aggregate is N(0, a^2 + s^2), and N(3, 1) in the third dimension.
  const auto divergence = [](double variance) { return 0.5 * (variance - 1 - std::log(variance)); };
  EXPECT_NEAR(values[kAggregate], divergence(1.25) * 2 + 4.5, 0.1);
}

TEST(LatentStatistics, KnowNoMoreThanWhichRowItWas) {
  const auto x = at::arange(40, at::kDouble).unsqueeze(1);
  EXPECT_NEAR(measured_latent(*scaling({100}, {0}, {0.1}), x)[kInformation], std::log(40), 1e-9);
  EXPECT_NEAR(measured_latent(*scaling({0}, {0}, {0.1}), x)[kInformation], 0, 1e-9);
  EXPECT_NEAR(measured_latent(*scaling({100}, {0}, {0.1}), x, {.rows = 7}, {3, 30, 7})[kInformation],
              std::log(7), 1e-9);
}

TEST(LatentInformation, IsThatOfTheExactAggregate) {
  // A batch that is the whole set: stratified estimates of its densities are exact.
  constexpr std::int64_t kRows = 37;
  auto random = fixed_generator(9);
  const auto draw = [&] { return at::empty({kRows, 3}, at::kDouble).normal_(0, 1, random); };
  const DrawnCodes codes = {draw(), draw(), draw()};
  const auto densities = [&](std::int64_t from, std::int64_t count) {
    return code_densities({codes.mean.narrow(1, from, count), codes.log_variance.narrow(1, from, count)},
                          codes.code.narrow(1, from, count), kRows, AggregateEstimate::stratified);
  };
  const auto found = latent_information(codes);
  const auto whole = densities(0, 3);
  EXPECT_NEAR(found.joint, (whole.conditional - whole.aggregate).mean().item<double>(), 1e-10);
  EXPECT_TRUE(at::allclose(found.log_aggregate, whole.aggregate, 1e-10, 1e-10));
  for (std::int64_t d = 0; d < 3; ++d) {
    const auto one = densities(d, 1);
    EXPECT_NEAR(found.dimensions[d].item<double>(), (one.conditional - one.aggregate).mean().item<double>(),
                1e-10);
  }
}

TEST(LatentStatistics, EstimateTheDivergenceFromOtherPriorsByCodes) {
  // A mixture of one component is a Gaussian, to which the divergence has a closed form.
  const auto model = scaling({0.5}, {1}, {0.5}, MixturePrior::Config{.components = 1});
  const auto x = normal_rows(20000, 1);
  auto parameters = model->named_parameters();
  {
    const at::NoGradGuard no_grad;
    parameters["bottleneck.prior.means"].fill_(0.5);
    parameters["bottleneck.prior.log_variances"].fill_(std::log(4.));
  }
  const auto means = 0.5 * x + 1;
  const double exact =
      (0.5 * ((0.25 + (means - 0.5).square()) / 4 - 1 - std::log(0.25 / 4))).mean().item<double>();
  const auto found = measured_latent(*model, x, {.rows = 100});
  EXPECT_NEAR(found[kKl], exact, 0.02);
  EXPECT_FALSE(found.values[kLargestKl] || found.values[kCollapsed]);
  EXPECT_EQ(found[kActive], 1);
}

TEST(LatentStatistics, AreAbsentForOtherCodes) {
  const Dense model({.base = {.code = 2}}, Context({4}));
  const auto found = measured_latent(model, at::rand({5, 4}));
  ASSERT_EQ(found.values.size(), LatentStatistics({}).measures().size());
  for (const auto& value : found.values) EXPECT_FALSE(value);
  EXPECT_TRUE(found.cautions.empty());
}

}  // namespace
}  // namespace aelab
