#include "aelab/evaluation/latent_interpolation.h"

#include "aelab/models/dense.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

using enum InterpolationMethod;

Tensor thirds() { return at::linspace(0, 1, 4, at::kDouble); }

Tensor random_codes(std::int64_t seed) {
  return at::empty({2, 3}, at::kFloat).normal_(0, 1, fixed_generator(seed));
}

std::shared_ptr<Autoencoder> small_model(std::int64_t code) {
  auto model = std::make_shared<Dense>(Dense::Config{.base = {.code = code}, .backbone = {.hidden = {12}}},
                                       Shape{1, 8, 8});
  shake(*model);
  return model;
}

TEST(Between, LinearIsTheWeightedMean) {
  const auto a = random_codes(1), b = random_codes(2);
  const auto points = points_between(a, b, thirds());
  EXPECT_EQ(points.sizes(), (at::IntArrayRef{4, 2, 3}));
  EXPECT_TRUE(same_bits(points[0], a));
  EXPECT_TRUE(same_bits(points[3], b));
  EXPECT_TRUE(at::allclose(points[1], 2 * a / 3 + b / 3));
}

TEST(Between, SphericalKeepsTheNormAndTurnsEvenly) {
  const auto a = random_codes(1);
  auto b = random_codes(2);
  b = b / b.norm() * a.norm();
  const auto points = points_between(a, b, thirds(), spherical);
  EXPECT_TRUE(same_bits(points[0], a));
  EXPECT_TRUE(same_bits(points[3], b));
  const auto flat = points.flatten(1);
  EXPECT_TRUE(at::allclose(flat.norm(2, {1}), a.norm().expand({4}), 1e-6));
  const auto cosines = (flat.slice(0, 1) * flat.slice(0, 0, 3)).sum(1);  // of neighbors
  EXPECT_TRUE(at::allclose(cosines, cosines[0].expand({3}), 1e-5));
}

TEST(Between, SphericalLengthsMoveLinearly) {
  // The quarter turn from (1, 0) to (0, 3): halfway at 45 degrees and length 2.
  const auto points =
      points_between(at::tensor({1.f, 0.f}), at::tensor({0.f, 3.f}), at::tensor({0.5}), spherical);
  EXPECT_TRUE(at::allclose(points[0], at::full({2}, std::sqrt(2.0), at::kFloat)));
}

TEST(Between, SphericalBetweenParallelCodesIsLinear) {
  const auto a = random_codes(1);
  EXPECT_TRUE(
      at::allclose(points_between(a, 4 * a, thirds(), spherical), points_between(a, 4 * a, thirds())));
  EXPECT_TRUE(at::allclose(points_between(a, a, thirds(), spherical), a.expand({4, 2, 3})));
}

TEST(Between, SphericalSaysWhereThereIsNoWay) {
  const auto a = random_codes(1);
  const auto message = [&](const Tensor& from, const Tensor& to) {
    return message_of<Error>([&] { points_between(from, to, thirds(), spherical); });
  };
  EXPECT_SAYS(message(at::zeros_like(a), a), "the first end is zero");
  EXPECT_SAYS(message(a, at::zeros_like(a)), "the second end is zero");
  EXPECT_SAYS(message(a, -2 * a), "opposite directions");
}

TEST(Interpolate, EndsAreTheReconstructions) {
  const auto model = small_model(4);
  const auto inputs = few_digits().test.range(0, 2).inputs;
  const at::NoGradGuard no_grad;
  for (const auto space : {InterpolationSpace::code, InterpolationSpace::input}) {
    const auto made = interpolate(*model, inputs[0], inputs[1], {.steps = 5, .space = space});
    EXPECT_EQ(made.codes.sizes(), (at::IntArrayRef{5, 4}));
    EXPECT_EQ(made.decoded.sizes(), (at::IntArrayRef{5, 1, 8, 8}));
    const auto ends = at::tensor({0, 4}, at::kLong);
    EXPECT_TRUE(at::allclose(made.decoded.index_select(0, ends), model->reconstruct(inputs)));
    EXPECT_TRUE(same_bits(made.pixels.index_select(0, ends), inputs));
    EXPECT_TRUE(at::allclose(made.pixels[2], (inputs[0] + inputs[1]) / 2));
  }
}

TEST(Interpolate, InInputSpaceItEncodesWhatItMixed) {
  const auto model = small_model(4);
  const auto inputs = few_digits().test.range(0, 2).inputs;
  const at::NoGradGuard no_grad;
  const auto made =
      interpolate(*model, inputs[0], inputs[1], {.steps = 3, .space = InterpolationSpace::input});
  EXPECT_TRUE(at::allclose(made.codes, model->encode(made.pixels)));
}

TEST(InterpolateGrid, CornersAndCenter) {
  const auto model = small_model(4);
  const auto corners = few_digits().test.range(0, 4).inputs;
  const at::NoGradGuard no_grad;
  const auto made = interpolate_grid(*model, corners, {.steps = 3});
  const auto codes = model->encode(corners);
  EXPECT_TRUE(at::allclose(made.codes.index_select(0, at::tensor({0, 2, 6, 8}, at::kLong)), codes));
  EXPECT_TRUE(at::allclose(made.codes[4], codes.mean(0)));
  EXPECT_TRUE(at::allclose(made.codes[1], (codes[0] + codes[1]) / 2));
  EXPECT_TRUE(at::equal(made.t[1], at::tensor({0.5, 0.0}, at::kDouble)));  // to the right, not down
  EXPECT_TRUE(at::allclose(made.pixels[4], corners.mean(0)));
}

TEST(DecodePlane, CoversTheQuantilesWithTheSecondNumberUpwards) {
  const auto model = small_model(2);
  const auto hundred = at::arange(101, at::kFloat);
  const auto made = decode_plane(*model, at::stack({hundred, 10 * hundred}, 1), 3);
  EXPECT_TRUE(at::allclose(made.codes[0], at::tensor({5.f, 950.f})));
  EXPECT_TRUE(at::allclose(made.codes[2], at::tensor({95.f, 950.f})));
  EXPECT_TRUE(at::allclose(made.codes[7], at::tensor({50.f, 50.f})));
  EXPECT_EQ(made.decoded.sizes(), (at::IntArrayRef{9, 1, 8, 8}));
}

TEST(DecodePlane, NeedsTwoNumbers) {
  EXPECT_SAYS(message_of<Error>([&] {
                decode_plane(*small_model(3), at::zeros({4, 3}), 3);
              }),
              "2-dimensional latent code; this model's has 3 dimensions");
}

TEST(NearestRows, FindsEachRowItselfAndMeasuresFromOthers) {
  const auto train = few_digits().train;
  const auto found = nearest_rows(train.range(20, 30).inputs, train);
  EXPECT_TRUE(at::equal(found.row, at::arange(20, 30, at::kLong)));
  EXPECT_EQ(found.distance.max().item<double>(), 0);
  auto moved = train.range(7, 8).inputs.clone();
  moved[0][0][0][0] += 0.25;
  EXPECT_NEAR(nearest_rows(moved, train).distance.item<double>(), 0.25, 1e-7);
}

TEST(NearestRows, AreFoundFarFromTheOrigin) {
  const auto steps = at::arange(200, at::kFloat).view({200, 1}) * at::full({1, 30}, 0.0625);
  const auto rows = steps + 10'000;  // neighbors differ by a sixteenth in every feature
  const auto found = nearest_rows(rows.slice(0, 40, 80), Dataset::from_tensors(rows));
  EXPECT_TRUE(at::equal(found.row, at::arange(40, 80)));
  EXPECT_EQ(found.distance.max().item<double>(), 0);
}

TEST(NearestRows, OfEqualRowsIsTheFirstInAnyBlock) {
  // Rows are read in blocks of 4,096. The last point is where products of float32 numbers lose its distance.
  auto rows = at::full({9000, 2}, 3.F);
  for (const std::int64_t same : {4095, 4096, 8999}) rows[same].fill_(1);
  rows[8990].copy_(at::tensor({0.F, 5.F}));
  rows[8998].copy_(at::tensor({1000.1F, 999.9F}));
  const auto points = at::tensor({1.F, 1.F, 0.F, 5.5F, 1000.1F, 1000.025F}).view({3, 2});
  const auto found = nearest_rows(points, Dataset::from_tensors(rows));
  EXPECT_TRUE(at::equal(found.row, at::tensor({4095, 8990, 8998}, at::kLong))) << found.row;
  EXPECT_TRUE(at::allclose(found.distance, at::tensor({0., 0.5, 0.125}, at::kDouble), 0, 1e-4))
      << found.distance;
}

TEST(Traversals, ChangeOneDimensionOfTheCodeInEachRow) {
  const auto model = std::make_shared<Dense>(Dense::Config{.base = {.code = 3}}, Context(Shape{4}));
  const auto codes = at::tensor({0.0F, 5.0F, 1.0F, 2.0F, 9.0F, 1.0F}).view({2, 3});  // deviations 1, 2 and 0
  const auto code = at::tensor({10.0F, 20.0F, 30.0F});
  const auto made = traverse(*model, code, codes, /*steps=*/3, /*most=*/2);
  EXPECT_TRUE(at::equal(made.dimensions, at::tensor({1, 0}, at::kLong)));
  EXPECT_TRUE(at::allclose(made.places, at::tensor({3.0F, 7.0F, 11.0F, -1.0F, 1.0F, 3.0F}).view({2, 3})));
  const auto expected = at::tensor({10.0F, 3.0F, 30.0F, 10.0F, 7.0F, 30.0F, 10.0F, 11.0F, 30.0F,  //
                                    -1.0F, 20.0F, 30.0F, 1.0F, 20.0F, 30.0F, 3.0F, 20.0F, 30.0F})
                            .view({6, 3});
  EXPECT_TRUE(at::allclose(made.codes, expected));
  EXPECT_TRUE(at::allclose(made.decoded, model->decode(expected)));
  EXPECT_EQ(traverse(*model, code, codes, 2, 9).dimensions.size(0), 3);
}

}  // namespace
}  // namespace aelab
