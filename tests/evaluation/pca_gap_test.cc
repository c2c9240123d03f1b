#include "aelab/evaluation/metrics/pca_gap.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "aelab/models/dense.h"
#include "aelab/models/linear.h"
#include "aelab/models/pca.h"
#include "aelab/models/stacked.h"
#include "aelab/nn/likelihoods.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

using NamedValues = std::map<std::string, std::optional<double>>;

NamedValues pca_gap(const Autoencoder& model, const Tensor& x, const Tensor& train) {
  const Split data = {.train = Dataset::from_tensors(train), .validation = {}, .test = {}};
  NamedValues values;
  for (const auto& [measure, value] : evaluate(model, Dataset::from_tensors(x), data, {PcaGap::Config{}}))
    values[measure.name] = value;
  return values;
}

/// The linear autoencoder that projects on these orthonormal rows, about the mean.
std::shared_ptr<Autoencoder> projecting(const Tensor& rows, const Tensor& mean) {
  const auto model = std::make_shared<Linear>(Linear::Config{.code = rows.size(0)}, Context({rows.size(1)}));
  const at::NoGradGuard no_grad;
  model->named_parameters()["backbone.encoder_0.weight"].copy_(rows);
  model->named_parameters()["backbone.decoder_0.weight"].copy_(rows.t());
  model->parts().backbone.data_mean().copy_(mean);
  return model;
}

/// (cos, sin) of the angle in degrees.
Tensor direction(double degrees) {
  const double angle = degrees * std::numbers::pi / 180;
  return at::tensor({static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle))}).view({1, 2});
}

/// (1, 2) + (t, s) with t = +-3 and s = +-1: the first axis is the principal component.
Tensor four_points() { return at::tensor({4.F, 3.F, 4.F, 1.F, -2.F, 3.F, -2.F, 1.F}).view({4, 2}); }

TEST(PcaGap, IsThatComputedByHand) {
  // PCA leaves s^2 = 1. At 30 degrees, t sin 30 - s cos 30 is left: 9/4 + 3/4 on average.
  auto values = pca_gap(*projecting(direction(30), at::tensor({1.F, 2.F})), four_points(), four_points());
  EXPECT_NEAR(*values["pca/squared_error"], 1, 1e-5);
  EXPECT_NEAR(*values["pca/error_gap"], 2, 1e-5);
  EXPECT_NEAR(*values["pca/mean_angle"], 30, 1e-4);
  EXPECT_NEAR(*values["pca/largest_angle"], 30, 1e-4);
}

TEST(PcaGap, MeasuresOnOtherRowsThanItFits) {
  const auto model = projecting(direction(0), at::tensor({1.F, 2.F}));
  auto values = pca_gap(*model, at::tensor({5.F, 5.F}).view({1, 2}), four_points());
  EXPECT_NEAR(*values["pca/squared_error"], 9, 1e-5);  // (4, 3) from the mean
  EXPECT_NEAR(*values["pca/error_gap"], 0, 1e-5);
  EXPECT_NEAR(*values["pca/largest_angle"], 0, 1e-4);
}

TEST(PcaGap, AnglesAreThoseOfTheSpaceWhateverItsBasis) {
  // Planes of three axes: the data's first two, and one that shares the first and is turned by 20 degrees.
  at::manual_seed(1);
  const auto train = at::randn({500, 3}) * at::tensor({9.F, 5.F, 1.F});
  auto [values, axes] = at::linalg_eigh(at::cov(train.t()));
  axes = axes.flip(1).t();  // rows, largest variance first
  const auto turned = direction(20).mm(axes.slice(0, 1, 3));
  const auto plane = at::cat({axes.slice(0, 0, 1), turned});
  const auto model = projecting(plane, train.mean(0));
  {
    const at::NoGradGuard no_grad;
    auto decoder = model->named_parameters()["backbone.decoder_0.weight"];
    decoder.copy_(decoder.mm(at::tensor({2.F, 1.F, -3.F, 0.5F}).view({2, 2})));
  }
  auto found = pca_gap(*model, train, train);
  EXPECT_NEAR(*found["pca/mean_angle"], 10, 1e-3);
  EXPECT_NEAR(*found["pca/largest_angle"], 20, 1e-3);
}

TEST(PcaGap, OfPcaIsNone) {
  const auto data = few_digits();
  for (const bool whiten : {false, true}) {
    Pca model({.code = 8, .whiten = whiten}, Context({1, 8, 8}));
    model.phases().front().solve(data.train);
    const auto results = evaluate(model, data.test, data, {PcaGap::Config{}});
    EXPECT_GT(*results[0].value, 0);
    EXPECT_NEAR(*results[1].value, 0, 1e-5);
    EXPECT_NEAR(*results[2].value, 0, 1e-4);
    EXPECT_NEAR(*results[3].value, 0, 1e-4);
  }
}

TEST(PcaGap, OfPcaIsNoneFarFromTheOrigin) {
  // At 1e6 float32 counts in sixteenths: outputs of the decoder lose the weights' digits, weights do not.
  auto random = fixed_generator();
  const auto x = at::empty({300, 12}).normal_(0, 30, random) + 1e6;
  const auto data = Dataset::from_tensors(x);
  Pca model({.code = 5}, Context({12}));
  model.phases().front().solve(data);
  auto values = pca_gap(model, x, x);
  EXPECT_EQ(*values["pca/mean_angle"], 0);
  EXPECT_EQ(*values["pca/largest_angle"], 0);
  EXPECT_EQ(*values["pca/error_gap"], 0);
  // A decoder turned by 20 degrees in the plane of two axes of a code that spans the first one.
  const auto plane = at::zeros({400, 2}) + at::tensor({1e6F, -1e6F});
  const auto spread =
      plane + at::cat({at::linspace(-64, 64, 400).round().unsqueeze(1), at::zeros({400, 1})}, 1);
  values = pca_gap(*projecting(direction(20), at::tensor({1e6F, -1e6F})), spread, spread);
  EXPECT_NEAR(*values["pca/largest_angle"], 20, 1e-4);
}

/// Gaussian rows whose features have these deviations, about `offset`.
Tensor rows_about(double offset, const Tensor& deviations) {
  auto random = fixed_generator();
  return at::empty({300, deviations.numel()}).normal_(0, 1, random) * deviations + offset;
}

TEST(PcaGap, OfPcaIsNoneOrNotApplicableWhateverTheOffset) {
  const auto deviations = at::tensor({3.F, 2.F, 1.F, 1.F, 0.5F});
  struct Case {
    double scale, offset;
    bool applies;
  };
  // float32's steps at 1e4 are 1e-3, and at 1e6 a sixteenth.
  for (const auto& [scale, offset, applies] : {Case{1, 0, true},
                                               {1, 1e4, true},
                                               {1, 1e6, true},
                                               {0.1, 1e6, false},
                                               {1e-3, 1e4, false},
                                               {1e-5, 1, true},
                                               {1e-13, 0, true},
                                               {1e15, 0, true}})
    for (const bool whiten : {false, true}) {
      const auto x = rows_about(offset, deviations * scale);
      Pca model({.code = 2, .whiten = whiten}, Context({5}));
      model.phases().front().solve(Dataset::from_tensors(x));
      const auto values = pca_gap(model, x.slice(0, 0, 50), x);
      const auto gap = values.at("pca/error_gap");
      if (scale == 0.1)  // some of the error is rounding
        EXPECT_EQ(gap.value_or(0), 0);
      else
        EXPECT_EQ(gap, applies ? std::optional(0.0) : std::nullopt) << scale << " at " << offset;
    }
}

TEST(PcaGap, OfAWorseModelIsSeenFarFromTheOrigin) {
  // The second axis instead of the first: all variance but the second's is left.
  const auto deviations = at::tensor({3.F, 2.F, 1.F, 1.F, 0.5F});
  const auto x = rows_about(1e6, deviations), wide = x.to(at::kDouble);
  const auto [values, axes] = at::linalg_eigh(at::cov(wide.t()));
  const auto first = projecting(axes.slice(1, 4, 5).t().to(at::kFloat), wide.mean(0).to(at::kFloat));
  Pca pca({.code = 1}, Context({5}));
  pca.phases().front().solve(Dataset::from_tensors(x));
  const auto best = pca_gap(pca, x, x).at("pca/squared_error");
  EXPECT_NEAR(*best, (values.sum() - values[4]).item<double>() * 299 / 300, 1e-2);
  const auto second = projecting(axes.slice(1, 3, 4).t().to(at::kFloat), wide.mean(0).to(at::kFloat));
  EXPECT_EQ(pca_gap(*first, x, x).at("pca/error_gap"), 0);
  EXPECT_NEAR(*pca_gap(*second, x, x).at("pca/error_gap"),
              ((values.sum() - values[3]) / (values.sum() - values[4]) - 1).item<double>(), 1e-2);
}

TEST(PcaGap, OfAStackHasAnglesWhereItsDecoderIsAffine) {
  const auto data = few_digits();
  const auto results_of = [&](const Choice<Autoencoder>& first, const Choice<Autoencoder>& second) {
    const Stacked stack({.layers = {first, second}}, Context({1, 8, 8}));
    return evaluate(stack, data.test, data, {PcaGap::Config{}});
  };
  const auto affine = results_of(Linear::Config{.code = 8}, Linear::Config{.code = 5});
  EXPECT_GT(*affine[1].value, 0);
  EXPECT_TRUE(affine[2].value && affine[3].value);
  // The upper layer's mean is a sigmoid of its decoder's output.
  const auto sigmoid = results_of(
      Linear::Config{.code = 8},
      Dense::Config{
          .base = {.code = 5, .likelihood = GaussianLikelihood::Config{.mean = GaussianMean::sigmoid}}});
  EXPECT_GT(*sigmoid[1].value, 0);
  EXPECT_FALSE(sigmoid[2].value || sigmoid[3].value);
}

bool has_angles(const NamedValues& values) {
  EXPECT_EQ(values.at("pca/mean_angle").has_value(), values.at("pca/largest_angle").has_value());
  return values.at("pca/mean_angle").has_value();
}

TEST(PcaGap, HasAnglesForLinearDecodersAlone) {
  at::manual_seed(1);
  const auto x = at::rand({50, 6});
  const auto angles = [&](const Dense::Config& config) {
    const auto values = pca_gap(Dense(config, Context({6}, 1)), x, x);
    EXPECT_TRUE(values.at("pca/error_gap"));
    return has_angles(values);
  };
  const GaussianLikelihood::Config identity{}, sigmoid{.mean = GaussianMean::sigmoid};
  EXPECT_TRUE(angles({.base = {.code = 3, .likelihood = identity}}));
  EXPECT_FALSE(angles({.base = {.code = 3, .likelihood = sigmoid}}));
  EXPECT_FALSE(angles({.base = {.code = 3, .likelihood = BernoulliLikelihood::Config{}}}));
  EXPECT_FALSE(angles({.base = {.code = 3, .likelihood = identity}, .backbone = {.hidden = {5}}}));
}

TEST(PcaGap, SaysNothingWhereItDoesNotApply) {
  at::manual_seed(1);
  const auto line = at::rand({50, 1}).mm(at::rand({1, 4})) + 1;  // one component is all of it
  auto values = pca_gap(Linear({.code = 2}, Context({4}, 1)), line, line);
  EXPECT_NEAR(*values["pca/squared_error"], 0, 1e-9);
  EXPECT_FALSE(values["pca/error_gap"] || has_angles(values));
  const auto x = at::rand({50, 4});
  EXPECT_FALSE(has_angles(pca_gap(*projecting(at::zeros({2, 4}), x.mean(0)), x, x)));  // spans nothing
  values = pca_gap(Linear({.code = 4}, Context({4}, 1)), x, x);
  EXPECT_FALSE(values["pca/error_gap"] || has_angles(values));
  for (const auto& [name, value] : pca_gap(Dense({.base = {.code = 5}}, Context({4}, 1)), x, x))
    EXPECT_FALSE(value) << name;
}

}  // namespace
}  // namespace aelab
