#include "aelab/evaluation/metrics/jacobian_statistics.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "aelab/core/config.h"
#include "aelab/models/contractive.h"
#include "aelab/models/convolutional.h"
#include "aelab/models/dense.h"
#include "aelab/models/linear.h"
#include "aelab/models/stacked.h"
#include "aelab/nn/bottlenecks.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

using NamedValues = std::map<std::string, std::optional<double>>;

NamedValues jacobian_values(const Autoencoder& model, const Tensor& x, const Tensor& train,
                            const JacobianStatistics::Config& config) {
  const Split data = {.train = Dataset::from_tensors(train), .validation = {}, .test = {}};
  NamedValues values;
  for (const auto& [measure, value] : evaluate(model, Dataset::from_tensors(x), data, {config}))
    values[measure.name] = value;
  return values;
}

std::shared_ptr<Autoencoder> linear_encoder(const Tensor& weight) {
  const auto model =
      std::make_shared<Linear>(Linear::Config{.code = weight.size(0)}, Context({weight.size(1)}));
  const at::NoGradGuard no_grad;
  model->named_parameters()["backbone.encoder_0.weight"].copy_(weight);
  return model;
}

/// Rows on the first axis of `features` dimensions.
Tensor on_first_axis(std::int64_t rows, std::int64_t features) {
  auto x = at::zeros({rows, features});
  x.select(1, 0).copy_(at::linspace(-1, 1, rows));
  return x;
}

TEST(JacobianStatistics, AreThoseComputedByHand) {
  // J = diag(3, 4) on three features: the data vary along the first alone.
  const auto model = linear_encoder(at::tensor({3.F, 0.F, 0.F, 0.F, 4.F, 0.F}).view({2, 3}));
  auto values = jacobian_values(*model, at::rand({7, 3}), on_first_axis(20, 3),
                                {.spectrum = 3, .neighbors = 5, .tangent = 1});
  EXPECT_NEAR(*values["jacobian/norm"], 5, 1e-6);
  EXPECT_NEAR(*values["jacobian/squared_norm"], 25, 1e-5);
  EXPECT_NEAR(*values["jacobian/largest_singular_value"], 4, 1e-6);
  EXPECT_NEAR(*values["jacobian/singular_value_1"], 4, 1e-6);
  EXPECT_NEAR(*values["jacobian/singular_value_2"], 3, 1e-6);
  EXPECT_FALSE(values["jacobian/singular_value_3"]);                        // there are two
  EXPECT_NEAR(*values["jacobian/participation"], 625 / (81. + 256), 1e-6);  // (9 + 16)^2 / (9^2 + 16^2)
  EXPECT_NEAR(*values["jacobian/tangent_share"], 9. / 25, 1e-6);
  EXPECT_NEAR(*values["jacobian/along"], 9, 1e-5);
  EXPECT_NEAR(*values["jacobian/across"], 16. / 2, 1e-5);
  EXPECT_NEAR(*values["jacobian/along_to_across"], 9. / 8, 1e-6);
}

TEST(JacobianStatistics, AreMeansOverTheFirstRows) {
  // The slope of tanh(x) at 0 and at atanh(1/2) is 1 and 3/4; the third row is not measured.
  const auto model = std::make_shared<Dense>(
      Dense::Config{
          .base = {.code = 1, .bottleneck = DeterministicBottleneck::Config{.activation = Activation::tanh}}},
      Context({1}));
  {
    const at::NoGradGuard no_grad;
    model->named_parameters()["backbone.encoder_0.weight"].fill_(1);
  }
  const auto x = at::tensor({0.F, static_cast<float>(std::atanh(0.5)), 5.F}).view({3, 1});
  auto values = jacobian_values(*model, x, at::rand({9, 1}), {.rows = 2, .spectrum = 1});
  EXPECT_NEAR(*values["jacobian/norm"], (1 + 0.75) / 2, 1e-6);
  EXPECT_NEAR(*values["jacobian/squared_norm"], (1 + 0.75 * 0.75) / 2, 1e-6);
  EXPECT_NEAR(*values["jacobian/participation"], 1, 1e-6);
  EXPECT_NEAR(*values["jacobian/tangent_share"], 1, 1e-6);
  EXPECT_FALSE(values["jacobian/across"] || values["jacobian/along_to_across"]);  // nothing is across
}

/// The same statistics from J by autograd and its singular value decomposition.
void expect_autograds(const Autoencoder& model, const Tensor& x, const Tensor& train) {
  auto values = jacobian_values(model, x, train, {.spectrum = 4});
  const auto input = x.clone().requires_grad_();
  std::vector<Tensor> rows;
  for (const auto& number : model.encode(input).flatten(1).unbind(1))
    rows.push_back(torch::autograd::grad({number.sum()}, {input}, {}, true).front().flatten(1));
  const auto j = at::stack(rows, 1).to(at::kDouble);
  const auto expect = [&](const std::string& name, const Tensor& expected) {
    const double mean = expected.mean().item<double>();
    EXPECT_NEAR(*values["jacobian/" + name], mean, 1e-5 * std::max(1.0, mean)) << name;
  };
  const auto squared = j.square().sum({1, 2}), singular = at::linalg_svdvals(j);
  expect("norm", squared.sqrt());
  expect("squared_norm", squared);
  expect("participation", squared.square() / singular.pow(4).sum(1));
  for (std::int64_t i = 0; i < 4; ++i)
    expect("singular_value_" + std::to_string(i + 1), singular.select(1, i));
}

/// x -> relu(2 x): J is 2 where x is positive, else 0.
std::shared_ptr<Autoencoder> twice_where_positive() {
  const auto model = std::make_shared<Dense>(
      Dense::Config{
          .base = {.code = 1, .bottleneck = DeterministicBottleneck::Config{.activation = Activation::relu}}},
      Context({1}));
  {
    const at::NoGradGuard no_grad;
    model->named_parameters()["backbone.encoder_0.weight"].fill_(2);
  }
  return model;
}

TEST(JacobianStatistics, AreOfTwoHundredRowsUnlessAskedForMore) {
  // J = 0 from row 200 on, where relu is off.
  const auto model = twice_where_positive();
  const auto x = at::cat({at::ones({200, 1}), -at::ones({200, 1})});
  EXPECT_NEAR(*jacobian_values(*model, x, at::rand({60, 1}), {})["jacobian/norm"], 2, 1e-6);
  EXPECT_NEAR(*jacobian_values(*model, x, at::rand({60, 1}), {.rows = 400})["jacobian/norm"], 1, 1e-6);
}

TEST(JacobianStatistics, CountTheirRowsOverAllBatches) {
  // J = 0 from row 1,200 on; rows come in batches of 1,000.
  const auto model = twice_where_positive();
  const auto x = at::cat({at::ones({1200, 1}), -at::ones({1300, 1})});
  EXPECT_NEAR(*jacobian_values(*model, x, at::rand({60, 1}), {.rows = 1200})["jacobian/norm"], 2, 1e-6);
  EXPECT_NEAR(*jacobian_values(*model, x, at::rand({60, 1}), {.rows = 2400})["jacobian/norm"], 1, 1e-6);
}

TEST(JacobianStatistics, AreAutogradsForEveryKindOfEncoder) {
  const auto digits = open_dataset("digits").train;
  const auto x = digits.range(0, 30).inputs, train = digits.range(100, 400).inputs;
  const Context context({1, 8, 8}, 1);
  expect_autograds(Contractive({.base = {.code = 10}}, context), x, train);
  expect_autograds(Dense({.base = {.code = 5}, .backbone = {.hidden = {30, 20}}}, context), x, train);
  expect_autograds(Convolutional(Convolutional::Config::examples().front(), context), x, train);
  expect_autograds(Dense({.base = {.code = 80}}, context), x, train);  // wider than the input
  expect_autograds(
      Stacked({.layers = {Contractive::Config{.base = {.code = 20}}, Linear::Config{.code = 7}}}, context), x,
      train);
}

TEST(JacobianStatistics, OfALinearEncoderAreItsWeights) {
  at::manual_seed(1);
  const auto weight = at::randn({4, 12});
  const auto singular = at::linalg_svdvals(weight.to(at::kDouble));
  auto values = jacobian_values(*linear_encoder(weight), at::rand({5, 12}), at::rand({60, 12}), {});
  for (std::int64_t i = 0; i < 4; ++i)
    EXPECT_NEAR(*values["jacobian/singular_value_" + std::to_string(i + 1)], singular[i].item<double>(),
                1e-5);
  EXPECT_NEAR(*values["jacobian/norm"], weight.norm().item<double>(), 1e-5);
}

TEST(JacobianStatistics, HaveNoPreferenceWhereTheEncoderHasNone) {
  at::manual_seed(2);  // J = I: 3 of 8 dimensions hold 3/8 of it, wherever they lie
  auto values = jacobian_values(*linear_encoder(at::eye(8)), at::rand({6, 8}), at::rand({100, 8}),
                                {.neighbors = 20, .tangent = 3});
  EXPECT_NEAR(*values["jacobian/tangent_share"], 3. / 8, 1e-6);
  EXPECT_NEAR(*values["jacobian/along_to_across"], 1, 1e-5);
  EXPECT_NEAR(*values["jacobian/participation"], 8, 1e-5);
}

TEST(JacobianStatistics, SayNothingWhereTheyDoNotApply) {
  const auto x = at::rand({5, 3}), train = at::rand({20, 3});
  const JacobianStatistics::Config config{.spectrum = 1, .neighbors = 5, .tangent = 1};
  auto values = jacobian_values(*linear_encoder(at::zeros({2, 3})), x, train, config);
  EXPECT_EQ(*values["jacobian/norm"], 0);
  EXPECT_EQ(*values["jacobian/along"], 0);
  for (const auto* name : {"participation", "tangent_share", "along_to_across"})
    EXPECT_FALSE(values[std::string("jacobian/") + name]) << name;
  // Neighbors in one point span nothing.
  values = jacobian_values(*linear_encoder(at::eye(3)), x, at::ones({20, 3}), config);
  EXPECT_NEAR(*values["jacobian/norm"], std::sqrt(3), 1e-6);
  for (const auto* name : {"tangent_share", "along", "across", "along_to_across"})
    EXPECT_FALSE(values[std::string("jacobian/") + name]) << name;
  const auto infinite = at::full({2, 3}, std::numeric_limits<float>::infinity());
  for (const auto& [name, value] : jacobian_values(*linear_encoder(infinite), x, train, config))
    EXPECT_FALSE(value) << name;
}

TEST(JacobianStatistics, RefuseATangentThatItsNeighborsCannotSpan) {
  const JacobianStatistics::Config config{.neighbors = 5, .tangent = 5};
  EXPECT_SAYS(message_of<Error>([&] { check_config(config, "file"); }), "tangent: must be below");
}

/// Orthonormal columns [features, columns].
Tensor any_directions(std::int64_t features, std::int64_t columns) {
  auto random = fixed_generator();
  return std::get<0>(at::linalg_qr(at::empty({features, columns}).normal_(0, 1, random)));
}

TEST(Tangents, OfAPlaneAreThatPlane) {
  const auto plane = any_directions(6, 2);
  auto random = fixed_generator(1);
  const auto points = at::empty({5000, 2}).normal_(0, 1, random);
  const auto rows = at::mm(points, plane.t()) + 3;
  const Tangents tangents(Dataset::from_tensors(rows), 20, 2);
  const auto found = tangents.at(rows.slice(0, 0, 40) + 0.1);  // beside the plane, too
  ASSERT_EQ(found.sizes(), (at::IntArrayRef{40, 6, 2}));
  const auto projection = at::matmul(found, found.transpose(1, 2));
  EXPECT_TRUE(at::allclose(projection, at::mm(plane, plane.t()).expand_as(projection), 0, 1e-4));
  // There is no third direction.
  const auto third = Tangents(Dataset::from_tensors(rows), 20, 3).at(rows.slice(0, 0, 40)).select(2, 2);
  EXPECT_EQ(third.abs().max().item<float>(), 0);
}

TEST(Tangents, AreThoseOfTheNearestRows) {
  // Two clusters, one on each axis; more rows than are read at once.
  auto random = fixed_generator();
  auto rows = at::zeros({10'000, 2});
  rows.slice(0, 0, 5000).select(1, 0).normal_(10, 0.1, random);
  rows.slice(0, 5000).select(1, 1).normal_(10, 0.1, random);
  const Tangents tangents(Dataset::from_tensors(rows), 7, 1);
  const auto found = tangents.at(at::tensor({10.F, 1.F, 0.F, 9.F}).view({2, 2})).abs();
  EXPECT_TRUE(at::allclose(found, at::tensor({1.F, 0.F, 0.F, 1.F}).view({2, 2, 1})));
}

TEST(Tangents, AreOfTheNearestOfAllRowsInAnyBlock) {
  // Rows are read in blocks of 4,096. Beside rows of every block the nearest, by distances to all rows in
  // float64, give the first principal direction.
  auto random = fixed_generator(3);
  const auto rows = at::empty({9000, 3}).normal_(0, 1, random);
  const std::vector<std::int64_t> beside = {0, 4095, 4096, 5000, 8191, 8192, 8999};
  const auto x = rows.index_select(0, at::tensor(beside, at::kLong)) + 1e-3;
  const auto found = Tangents(Dataset::from_tensors(rows), 6, 1).at(x);
  const auto wide = rows.to(at::kDouble);
  for (std::int64_t i = 0; i < x.size(0); ++i) {
    const auto distances = (wide - x[i]).square().sum(1);
    const auto near = wide.index_select(0, std::get<1>(distances.topk(6, 0, /*largest=*/false)));
    const auto first = std::get<2>(at::linalg_svd(near - near.mean(0), false))[0];
    EXPECT_NEAR(std::abs(first.dot(found[i].select(1, 0).to(at::kDouble)).item<double>()), 1, 1e-5) << i;
  }
}

TEST(Tangents, AreThePrincipalDirectionsOfFewRows) {
  auto random = fixed_generator();
  const auto rows = at::empty({6, 4}).normal_(0, 1, random);
  const auto found = Tangents(Dataset::from_tensors(rows), 50, 3).at(at::zeros({1, 4}))[0];  // all are near
  const auto directions = std::get<2>(at::linalg_svd(rows - rows.mean(0), false)).slice(0, 0, 3);
  EXPECT_TRUE(at::allclose(at::mm(directions, found).abs(), at::eye(3), 0, 1e-4));
}

}  // namespace
}  // namespace aelab
