#include "aelab/evaluation/metrics/reconstruction.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "aelab/evaluation/metrics/accuracy.h"
#include "aelab/models/dense.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

Tensor matrix(std::vector<float> values, std::int64_t columns) {
  return at::tensor(values).view({-1, columns});
}

/// A metric's values by name.
std::map<std::string, std::optional<double>> values_of(const Metric& metric) {
  std::map<std::string, std::optional<double>> named;
  const auto measures = metric.measures();
  const auto values = metric.values();
  EXPECT_EQ(measures.size(), values.size());
  for (std::size_t i = 0; i < values.size(); ++i) named[measures[i].name] = values[i];
  return named;
}

std::map<std::string, std::optional<double>> reconstruction(const Tensor& x, const Tensor& y) {
  Reconstruction metric{{}};
  metric.add({.target = x, .code = at::zeros({x.size(0), 1}), .reconstruction = y});
  return values_of(metric);
}

// Two samples of two features: errors (.5, 0) and (0, -.25), so squared .25 and .0625 in all .3125.
const std::vector<float> kTarget = {1, 0, 0, 0.5};
const std::vector<float> kMade = {0.5, 0, 0, 0.75};

TEST(Reconstruction, AgreesWithValuesByHand) {
  auto values = reconstruction(matrix(kTarget, 2), matrix(kMade, 2));
  EXPECT_NEAR(*values["reconstruction/mse"], 0.3125 / 4, 1e-7);
  EXPECT_NEAR(*values["reconstruction/squared_error"], 0.3125 / 2, 1e-7);
  // -ln .5; about 0 twice (clipped at 1e-7); -.5 ln .75 - .5 ln .25
  const double entropy = std::log(2) + 2e-7 - 0.5 * std::log(0.75) - 0.5 * std::log(0.25);
  EXPECT_NEAR(*values["reconstruction/bce_per_pixel"], entropy / 4, 1e-6);
  // Features (1, 0) and (0, .5) spread by .5 and .125 about their means.
  EXPECT_NEAR(*values["reconstruction/explained_variance"], 1 - 0.3125 / 0.625, 1e-6);
}

TEST(Reconstruction, ExtremesAreWhatTheyShouldBe) {
  const auto x = matrix(kTarget, 2);
  EXPECT_EQ(*reconstruction(x, x)["reconstruction/mse"], 0);
  EXPECT_NEAR(*reconstruction(x, x)["reconstruction/explained_variance"], 1, 1e-12);
  EXPECT_NEAR(*reconstruction(x, x.mean(0).expand_as(x))["reconstruction/explained_variance"], 0, 1e-12);
  const auto wrong = reconstruction(at::ones({1, 1}), at::zeros({1, 1}));
  EXPECT_NEAR(*wrong.at("reconstruction/bce_per_pixel"), -std::log(1e-7),
              1e-3);  // as far as Keras lets it go
}

TEST(Reconstruction, ClipsCrossEntropyAlikeAtBothEnds) {
  for (const double wrong : {0., 1.}) {
    const auto made = at::full({2, 3}, wrong);
    EXPECT_NEAR(*reconstruction(1 - made, made).at("reconstruction/bce_per_pixel"), -std::log(1e-7), 1e-9);
    EXPECT_NEAR(*reconstruction(made, made).at("reconstruction/bce_per_pixel"), -std::log1p(-1e-7), 1e-12);
  }
}

TEST(Reconstruction, ExplainedVarianceKeepsItsDigitsFarFromTheOrigin) {
  // 0, 1, 2, 3 about their mean: squares 5 in all; errors of one half: squares 1 in all.
  const auto x = at::tensor({0.F, 1.F, 2.F, 3.F}).view({4, 1}),
             error = at::tensor({0.5F, -0.5F, -0.5F, 0.5F}).view({4, 1});
  for (const float offset : {0.F, 1e3F, -1e6F, 4e6F}) {
    auto values = reconstruction(x + offset, x + offset + error);
    EXPECT_NEAR(*values["reconstruction/explained_variance"], 1 - 1. / 5, 1e-12) << offset;
    // An offset of the reconstruction counts as an error: 1 - 4 / 5.
    values = reconstruction(x + offset, x + offset + 1);
    EXPECT_NEAR(*values["reconstruction/explained_variance"], 1 - 4. / 5, 1e-12) << offset;
  }
}

TEST(Reconstruction, ExplainedVarianceKeepsItsDigitsWhereSquaresLoseThem) {
  // The sum of 4,000 squares of 24 bits has more than float64's 53; 0, 1, 2, 3 spread by 1.25 a row. By
  // squares about 0 this would come out as .178.
  const auto x = 16777215 - at::arange(4000, at::kFloat).remainder(4).view({4000, 1});
  EXPECT_NEAR(*reconstruction(x, x - 1)["reconstruction/explained_variance"], 1 - 1 / 1.25, 1e-12);
}

TEST(Reconstruction, ExplainsNothingOfConstantData) {
  for (const float value : {0.F, 0.1F, 1e6F, 1.6777217e7F})
    for (const std::int64_t rows : {1, 2, 3, 7, 11, 53, 997}) {
      const auto x = at::full({rows, 3}, value);
      EXPECT_FALSE(reconstruction(x, x + 0.5)["reconstruction/explained_variance"]) << value;
    }
}

TEST(Reconstruction, SaysNothingWhereItDoesNotApply) {
  const auto x = matrix({0, 0.5, 1, 0.25}, 2);
  for (const auto& [target, made] : {std::pair(x, 2 * x), std::pair(2 * x, x), std::pair(x, -x)}) {
    auto values = reconstruction(target, made);
    EXPECT_FALSE(values["reconstruction/bce_per_pixel"]);
    EXPECT_TRUE(values["reconstruction/mse"]);
  }
  EXPECT_FALSE(reconstruction(at::ones({3, 2}), at::zeros({3, 2}))["reconstruction/explained_variance"]);
}

/// The accuracy of reconstructions of two pixels beside baselines from a training split of its own.
std::map<std::string, std::optional<double>> accuracy(const Tensor& x, const Tensor& y, const Tensor& train) {
  const Dense model({.base = {.code = 1}}, Shape{2});
  Accuracy metric{{}};
  metric.begin(model, {.train = Dataset::from_tensors(train), .validation = {}, .test = {}});
  metric.add({.target = x, .code = at::zeros({x.size(0), 1}), .reconstruction = y});
  return values_of(metric);
}

TEST(Accuracy, AgreesWithValuesByHand) {
  const auto train =
      matrix({0, 0, 1, 1, 0.4f, 0.4f, 0.6f, 0.6f}, 2);  // on a line: one component is all of it
  const auto x = matrix({0, 1, 0.6f, 0.3f}, 2), y = matrix({0.05f, 0.7f, 0.4f, 0.35f}, 2);
  auto values = accuracy(x, y, train);
  // x rounds to 0 1 1 0, y to 0 1 0 0.
  EXPECT_NEAR(*values["accuracy/both_rounded"], 3 / 4.0, 1e-6);
  EXPECT_NEAR(*values["accuracy/keras_binary"], 2 / 4.0, 1e-6);  // .6 and .3 never equal a rounded number
  EXPECT_NEAR(*values["accuracy/keras_binary/ceiling"], 2 / 4.0, 1e-6);  // not for a perfect copy either
  EXPECT_NEAR(*values["accuracy/both_rounded/ceiling"], 1, 1e-6);
  EXPECT_NEAR(*values["accuracy/within_tenth"], 2 / 4.0, 1e-6);  // errors .05 .3 .2 .05
  EXPECT_NEAR(*values["accuracy/one_minus_mae"], 1 - 0.6 / 4, 1e-6);
  EXPECT_NEAR(*values["accuracy/one_minus_mae/ceiling"], 1, 1e-6);
  EXPECT_NEAR(*values["accuracy/one_minus_mae/zero_image"], 1 - 1.9 / 4, 1e-6);
  EXPECT_NEAR(*values["accuracy/one_minus_mae/mean_image"], 1 - (0.5 + 0.5 + 0.1 + 0.2) / 4, 1e-6);
  // PCA projects on the diagonal: (.5, .5) and (.45, .45).
  EXPECT_NEAR(*values["accuracy/one_minus_mae/pca"], 1 - (0.5 + 0.5 + 0.15 + 0.15) / 4, 1e-5);
}

TEST(Accuracy, CrossEntropyHasACeilingBelowOneForGrayPixels) {
  const auto x = matrix({0.5f, 0.5f}, 2);
  auto values = accuracy(x, x, matrix({0, 0, 1, 1}, 2));
  EXPECT_NEAR(*values["accuracy/one_minus_bce"], 1 - std::log(2), 1e-6);
  EXPECT_EQ(*values["accuracy/one_minus_bce"], *values["accuracy/one_minus_bce/ceiling"]);
}

TEST(Accuracy, SaysNothingOutsideTheUnitInterval) {
  const auto x = matrix({0.5f, 0.5f, 1, 0}, 2);
  for (const auto& [target, made] : {std::pair(x, 2 * x), std::pair(-x, x)})
    for (const auto& [name, value] : accuracy(target, made, matrix({0, 0, 1, 1}, 2)))
      EXPECT_FALSE(value) << name;
}

TEST(Evaluate, SeesEveryRowOnceInOnePass) {
  const auto digits = open_dataset("digits").train;  // 1,797 rows: two batches
  const Dense model({.base = {.code = 3}}, Context({1, 8, 8}, 1));
  const auto x = digits.range(0, digits.size()).inputs;
  const auto results =
      evaluate(model, digits, {.train = digits, .validation = {}, .test = {}}, {Reconstruction::Config{}});
  const at::NoGradGuard no_grad;
  auto by_hand = reconstruction(x, model.reconstruct(x));
  ASSERT_EQ(results.size(), by_hand.size());
  for (const auto& [measure, value] : results)
    EXPECT_NEAR(*value, *by_hand[measure.name], 1e-5) << measure.name;
  EXPECT_SAYS(message_of<Error>([&] { evaluate(model, Dataset(), {}, {Reconstruction::Config{}}); }),
              "no rows");
}

}  // namespace
}  // namespace aelab
