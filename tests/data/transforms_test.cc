#include "aelab/data/transforms.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "aelab/core/error.h"
#include "aelab/data/batches.h"
#include "aelab/data/scale_norm_transform.h"
#include "aelab/data/source.h"
#include "tests/support.h"

namespace aelab {
namespace {

/// The parts of rows, all of them for training, changed by transforms.
Split changed(const Tensor& rows, std::vector<Choice<Transform>> transforms) {
  const Data data{.name = "rows", .train = Dataset::from_tensors(rows), .test = Dataset::from_tensors(rows)};
  return data.split({.validation = 0, .transforms = std::move(transforms)});
}

/// The changed rows in their old order: the test split keeps it.
Tensor changed_rows(const Tensor& rows, std::vector<Choice<Transform>> transforms) {
  const auto split = changed(rows, std::move(transforms));
  return split.test.range(0, rows.size(0)).inputs;
}

std::string refusal(const Tensor& rows, std::vector<Choice<Transform>> transforms) {
  return message_of<Error>([&] { changed(rows, std::move(transforms)); });
}

TEST(Transforms, ScaleMapsTheTrainingRange) {
  const auto rows = at::tensor({-1.f, 2.f, 0.f, 4.f, 1.f, 3.f}).view({3, 2});
  EXPECT_TRUE(
      at::allclose(changed_rows(rows, {ScaleTransform::Config{.by_feature = false}}), (rows + 1) / 5));
  const auto by_column = at::tensor({0.f, 0.f, 0.5f, 1.f, 1.f, 0.5f}).view({3, 2});
  EXPECT_TRUE(at::allclose(changed_rows(rows, {ScaleTransform::Config{.by_feature = true}}), by_column));
  EXPECT_TRUE(at::allclose(changed_rows(rows, {ScaleTransform::Config{}}), by_column));  // a table's columns
  const auto pictures = rows.view({3, 1, 1, 2});
  EXPECT_TRUE(at::allclose(changed_rows(pictures, {ScaleTransform::Config{}}), (pictures + 1) / 5));
  EXPECT_TRUE(at::allclose(
      changed_rows(rows, {ScaleTransform::Config{.from = {{0, 2}}, .to = {-1, 1}, .clip = true}}),
      (rows - 1).clamp(-1, 1)));
  EXPECT_TRUE(at::equal(changed_rows(at::ones({3, 2}), {ScaleTransform::Config{}}), at::zeros({3, 2})));
}

TEST(Transforms, StandardizeOverFeaturesAllOrRows) {
  const auto rows = at::randn({200, 3}) * at::tensor({1.f, 5.f, 0.f}) + at::tensor({1.f, -2.f, 7.f});
  const auto all = changed_rows(rows, {StandardizeTransform::Config{.over = Over::all}});
  EXPECT_TRUE(at::allclose(all, (rows - rows.mean()) / rows.std(/*unbiased=*/false), 1e-4, 1e-5));
  const auto row = changed_rows(rows, {StandardizeTransform::Config{.over = Over::row}});
  EXPECT_TRUE(at::allclose(row, (rows - rows.mean(1, true)) / rows.std(1, false, true), 1e-4, 1e-5));
}

TEST(Transforms, ScaleNormSetsTheAverageNormByOneFactor) {
  const auto rows = at::tensor({3.f, 4.f, 0.f, 10.f, 0.f, 0.f}).view({3, 2});  // norms 5, 10 and 0
  const auto ratio = [&](const ScaleNormTransform::Config& config) {
    const auto made = changed_rows(rows, {config});
    EXPECT_TRUE(at::allclose(made, rows * made[0][0] / 3));
    return made[0][0].item<double>() / 3;
  };
  EXPECT_NEAR(ratio({}), std::sqrt(2.) / 5, 1e-7);  // the mean norm becomes the root of two features
  EXPECT_NEAR(ratio({.to = 3}), 3. / 5, 1e-7);
  EXPECT_NEAR(ratio({.average = NormAverage::root_mean_square, .to = 1}), 1 / std::sqrt(125. / 3), 1e-7);
  EXPECT_NEAR(ratio({.to = 1, .rows = 2}), 1 / 7.5, 1e-7);
  EXPECT_NEAR(ratio({.to = 1, .rows = 100}), 1. / 5, 1e-7);
  EXPECT_TRUE(at::equal(changed_rows(at::zeros({3, 2}), {ScaleNormTransform::Config{}}), at::zeros({3, 2})));
}

TEST(Transforms, BinarizeFlattenAndCropInTheirOrder) {
  const auto rows = at::arange(2 * 3 * 4 * 5, at::kFloat).view({2, 3, 4, 5});
  const auto made =
      changed_rows(rows, {CropTransform::Config{.height = 2, .width = 3}, FlattenTransform::Config{},
                          BinarizeTransform::Config{.threshold = 60}});
  EXPECT_TRUE(at::equal(made, (rows.slice(2, 1, 3).slice(3, 1, 4).flatten(1) > 60).to(at::kFloat)));
  const auto padded = changed_rows(rows, {CropTransform::Config{.height = 8, .width = 5, .padding = 2}});
  EXPECT_TRUE(at::equal(padded.slice(2, 2, 6), rows));
  EXPECT_EQ(padded.slice(2, 0, 2).abs().sum().item<float>(), 0);
}

/// Of rows with values in [0, 1], as they are read in training in a pass, and outside training.
Tensor drawn_in_pass(const Split& split, std::int64_t pass, std::int64_t seed = 1) {
  const auto rows = split.test.size();
  return Batches(split.test, Order(rows, rows), Chance{seed, pass})[0].inputs;
}

TEST(Transforms, BinarizeByDrawsWithTheValuesAsProbabilities) {
  constexpr std::int64_t kDraws = 4000;
  const auto probabilities = at::tensor({0.F, 0.1F, 0.5F, 0.97F, 1.F});
  const auto rows = probabilities.expand({kDraws, 5}).contiguous();
  for (const auto how : {Binarization::fixed, Binarization::dynamic}) {
    const auto split = changed(rows, {BinarizeTransform::Config{.how = how}});
    for (const auto& drawn : {split.test.range(0, kDraws).inputs, drawn_in_pass(split, 3)}) {
      EXPECT_TRUE((drawn == 0).logical_or(drawn == 1).all().item<bool>());
      const auto shares = drawn.mean(0);
      for (std::int64_t i = 0; i < 5; ++i) {
        const double p = probabilities[i].item<double>();
        EXPECT_NEAR(shares[i].item<double>(), p, 4 * std::sqrt(p * (1 - p) / kDraws)) << name_of(how);
      }
      // Two values of a row, and a value of two rows, are drawn independently: a half, squared.
      const auto halves = drawn.select(1, 2), others = drawn.select(1, 3);
      const auto both = [&](const Tensor& a, const Tensor& b) { return (a * b).mean().item<double>(); };
      EXPECT_NEAR(both(halves.slice(0, 1), halves.slice(0, 0, -1)), 0.25,
                  4 * std::sqrt(0.25 * 0.75 / kDraws));
      EXPECT_NEAR(both(halves, others), 0.5 * 0.97, 4 * std::sqrt(0.485 * 0.515 / kDraws));
    }
  }
}

TEST(Transforms, BinarizeOnceOrAnewInEachPass) {
  const auto rows = at::full({60, 1, 4, 5}, 0.4);
  const auto fixed = changed(rows, {BinarizeTransform::Config{.how = Binarization::fixed, .seed = 2}}),
             dynamic = changed(rows, {BinarizeTransform::Config{.how = Binarization::dynamic, .seed = 2}}),
             other = changed(rows, {BinarizeTransform::Config{.how = Binarization::fixed, .seed = 3}});
  const auto once = fixed.test.range(0, 60).inputs;
  EXPECT_TRUE(at::equal(drawn_in_pass(fixed, 0), once));
  EXPECT_TRUE(at::equal(drawn_in_pass(fixed, 1, /*seed=*/5), once));  // whatever the seed of the run
  EXPECT_TRUE(at::equal(dynamic.test.range(0, 60).inputs, once));
  EXPECT_TRUE(at::equal(fixed.test.range(17, 30).inputs, once.slice(0, 17, 30)));
  EXPECT_FALSE(at::equal(other.test.range(0, 60).inputs, once));
  EXPECT_TRUE(at::equal(drawn_in_pass(dynamic, 1), drawn_in_pass(dynamic, 1)));
  EXPECT_FALSE(at::equal(drawn_in_pass(dynamic, 1), drawn_in_pass(dynamic, 2)));
  EXPECT_FALSE(at::equal(drawn_in_pass(dynamic, 1), drawn_in_pass(dynamic, 1, /*seed=*/5)));
  EXPECT_FALSE(at::equal(drawn_in_pass(dynamic, 0), once));
}

TEST(Transforms, BinarizeNeedsProbabilitiesForDraws) {
  const auto rows = at::tensor({0.F, 0.5F, 255.F, 0.25F}).view({2, 2});
  for (const auto how : {Binarization::fixed, Binarization::dynamic}) {
    EXPECT_SAYS(refusal(rows, {BinarizeTransform::Config{.how = how}}),
                "transforms[0]: takes values for probabilities, which lie in [0, 1], and the training split "
                "has values from 0 to 255: list \"scale\" before it");
    EXPECT_EQ(refusal(rows, {ScaleTransform::Config{}, BinarizeTransform::Config{.how = how}}),
              "nothing was thrown");
    EXPECT_SAYS(refusal(-rows / 255, {BinarizeTransform::Config{.how = how}}), "values from -1 to -0");
    // Of other splits, values beyond count as the nearer end, and NaN is left to be found.
    auto transform = BinarizeTransform({.how = how});
    const auto beyond = transform.apply(at::tensor({-0.1F, 1.1F, std::nanf("")}).view({1, 3}), {});
    EXPECT_EQ(beyond[0][0].item<float>(), 0);
    EXPECT_EQ(beyond[0][1].item<float>(), 1);
    EXPECT_TRUE(beyond[0][2].isnan().item<bool>());
  }
}

TEST(Transforms, WhitenedFeaturesAreUncorrelatedOfVarianceOne) {
  const auto mixing = at::eye(4) + 0.5 * at::ones({4, 4}).triu(1);  // correlates, far from singular
  const auto rows = at::mm(at::randn({500, 4}), mixing) + 3;
  for (const auto method : {Whitening::pca, Whitening::zca}) {
    const auto white = changed_rows(rows, {WhitenTransform::Config{.method = method, .epsilon = 0}});
    EXPECT_TRUE(at::allclose(at::cov(white.t()), at::eye(4), 1e-3, 1e-3)) << white;
  }
  // ZCA is the whitening closest to the data: its matrix is symmetric and positive.
  const auto split = changed(rows, {WhitenTransform::Config{.epsilon = 0}});
  const auto& matrix = *split.transforms[0]->fitted()[1].second;
  EXPECT_TRUE(at::allclose(matrix, matrix.t(), 1e-4, 1e-5));
  EXPECT_GT(at::linalg_eigvalsh(matrix).min().item<float>(), 0);
}

TEST(Transforms, ChanceHasAPartInTrainingAlone) {
  const auto rows = at::arange(16 * 6 * 6, at::kFloat).view({16, 1, 6, 6});
  const auto split = changed(
      rows, {CropTransform::Config{.height = 4, .width = 4, .random = true}, FlipTransform::Config{}});
  const auto middle = rows.slice(2, 1, 5).slice(3, 1, 5);
  EXPECT_TRUE(at::equal(split.test.range(0, 16).inputs, middle));
  const Batches epoch_0(split.test, Order(16, 16), Chance{1, 0}),
      again(split.test, Order(16, 16), Chance{1, 0}), epoch_1(split.test, Order(16, 16), Chance{1, 1});
  EXPECT_TRUE(at::equal(epoch_0[0].inputs, again[0].inputs));
  EXPECT_FALSE(at::equal(epoch_0[0].inputs, epoch_1[0].inputs));
  // Every part is cut out of its own picture: its numbers follow each other, forwards or mirrored.
  const auto parts = epoch_0[0].inputs;
  EXPECT_TRUE(((parts.slice(3, 1) - parts.slice(3, 0, 3)).abs() == 1).all().item<bool>());
  EXPECT_TRUE((parts.slice(2, 1) - parts.slice(2, 0, 3) == 6).all().item<bool>());
  EXPECT_TRUE(at::equal(at::floor(parts / 36).amax({1, 2, 3}), at::arange(16, at::kFloat)));
}

TEST(Transforms, CropTheMiddleAndWhereItIsHalfAPixelOffTheUpperLeft) {
  const auto rows = at::arange(2 * 5 * 4, at::kFloat).view({2, 1, 5, 4});
  const auto middle = changed_rows(rows, {CropTransform::Config{.height = 2, .width = 3}});
  EXPECT_TRUE(at::equal(middle, rows.slice(2, 1, 3).slice(3, 0, 3)));
}

TEST(Transforms, FlipTheirShareOfTheImages) {
  const auto rows = at::arange(2000 * 2 * 3, at::kFloat).view({2000, 1, 2, 3});
  for (const auto axis : {FlipAxis::horizontal, FlipAxis::vertical})
    for (const double chance : {0., 0.2, 1.}) {
      const auto split = changed(rows, {FlipTransform::Config{.axis = axis, .chance = chance}});
      const auto seen = Batches(split.test, Order(2000, 2000), Chance{1, 0})[0].inputs;
      const auto flipped = rows.flip(axis == FlipAxis::horizontal ? 3 : 2);
      const auto is_flipped = (seen == flipped).flatten(1).all(1), is_kept = (seen == rows).flatten(1).all(1);
      EXPECT_TRUE(is_flipped.logical_xor(is_kept).all().item<bool>());
      // Four standard deviations of a share of 2,000.
      EXPECT_NEAR(is_flipped.to(at::kDouble).mean().item<double>(), chance,
                  4 * std::sqrt(chance * (1 - chance) / 2000));
    }
}

TEST(Transforms, SeeTheRangeOfAllRows) {
  // More rows than are read at once, the extremes among the last; a constant column beside them.
  auto rows = at::full({9000, 2}, 0.5);
  rows[8998][0] = -1.5;
  rows[8999][0] = 2.5;
  const auto scaled = changed_rows(rows, {ScaleTransform::Config{.by_feature = true}});
  EXPECT_TRUE(at::allclose(scaled.select(1, 0), (rows.select(1, 0) + 1.5) / 4));
  EXPECT_TRUE(at::equal(scaled.select(1, 1), at::zeros({9000})));
  const auto all = changed_rows(rows, {StandardizeTransform::Config{.over = Over::all}});
  EXPECT_TRUE(at::allclose(all, (rows - rows.mean()) / rows.std(/*unbiased=*/false), 1e-4, 1e-5));
}

TEST(Transforms, ZcaScalesWhatDoesNotVaryByEpsilonAlone) {
  // Nothing but epsilon varies along the second axis.
  const auto train = at::tensor({-2.F, 1.F, 2.F, 1.F, -2.F, 1.F, 2.F, 1.F}).view({4, 2});
  const auto split = changed(train, {WhitenTransform::Config{.epsilon = 0.25}});
  const auto& matrix = *split.transforms[0]->fitted()[1].second;
  const double variance = 16. / 3;  // over rows - 1
  EXPECT_NEAR(matrix[0][0].item<double>(), 1 / std::sqrt(variance + 0.25), 1e-5);
  EXPECT_NEAR(matrix[1][1].item<double>(), 1 / std::sqrt(0.25), 1e-5);
  EXPECT_NEAR(matrix[0][1].item<double>(), 0, 1e-6);
}

TEST(Transforms, NameWhatDoesNotFit) {
  EXPECT_BEGINS(refusal(at::zeros({4, 3}), {FlattenTransform::Config{}, FlipTransform::Config{}}),
                "transforms[1]: needs images");
  EXPECT_BEGINS(refusal(at::zeros({4, 1, 5, 5}), {CropTransform::Config{.height = 6, .width = 2}}),
                "transforms[0]: a crop of 6x2 is larger than the images, 1x5x5");
  EXPECT_BEGINS(refusal(at::zeros({4, 3}), {WhitenTransform::Config{.components = 4}}),
                "transforms[0].components: 4 are more than the 3 features of a row");
  EXPECT_SAYS(refusal(at::ones({4, 3}), {WhitenTransform::Config{.epsilon = 0}}),
              "only 0 directions of 3 have a variance beyond rounding");
}

// What counts as constant is relative to the data: units are free.
TEST(Transforms, StandardizesAnyUnit) {
  const auto base = at::randn({50, 3}, at::kDouble);
  for (const double unit : {1e-20, 1e-13, 1., 1e13, 1e20})
    for (const auto over : {Over::feature, Over::all, Over::row}) {
      const auto found =
          changed_rows((base * unit).to(at::kFloat), {StandardizeTransform::Config{.over = over}});
      const auto expected = changed_rows(base.to(at::kFloat), {StandardizeTransform::Config{.over = over}});
      EXPECT_TRUE(at::allclose(found, expected, 1e-4, 1e-4)) << unit;
    }
  for (const double value : {0., 1e-20, .1, 1e13})
    for (const auto over : {Over::feature, Over::all, Over::row})
      EXPECT_TRUE(
          at::allclose(changed_rows(at::full({7, 3}, value), {StandardizeTransform::Config{.over = over}}),
                       at::zeros({7, 3}), 0, 1e-4 * value))
          << value;
}

// Whitening without epsilon asks for full rank, whatever the sign of a rounding error.
TEST(Transforms, WhiteningRefusesDependentColumns) {
  for (int seed = 0; seed < 10; ++seed) {
    at::manual_seed(seed);
    for (const std::int64_t features : {4, 300}) {
      auto rows = at::randn({2 * features, features});
      rows.select(1, 0) = 2 * rows.select(1, 1) - rows.select(1, 2);
      const auto rank = std::to_string(features - 1);
      EXPECT_SAYS(refusal(rows, {WhitenTransform::Config{.epsilon = 0}}), "only " + rank + " directions");
      const auto kept =
          WhitenTransform::Config{.method = Whitening::pca, .components = features - 1, .epsilon = 0};
      const auto white = changed_rows(rows, {kept});  // the remedy
      EXPECT_TRUE(at::allclose(at::cov(white.t()), at::eye(features - 1), 1e-2, 1e-2));
    }
  }
}

}  // namespace
}  // namespace aelab
