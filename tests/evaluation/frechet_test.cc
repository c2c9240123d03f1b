// The Frechet distance in features, against closed forms.

#include "aelab/evaluation/metrics/frechet.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "aelab/core/config.h"
#include "aelab/evaluation/frechet_distance.h"
#include "aelab/evaluation/samplers/gaussian_samplers.h"
#include "aelab/evaluation/samplers/prior_sampler.h"
#include "aelab/models/dense.h"
#include "aelab/models/linear.h"
#include "aelab/nn/vector_quantized_bottleneck.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

Tensor drawn_points(std::int64_t rows, std::int64_t features, std::int64_t seed) {
  auto random = fixed_generator(seed);
  return at::empty({rows, features}, at::kDouble).normal_(0, 1, random);
}

/// Rows whose mean is exactly 0 and whose unbiased covariance is exactly the identity.
Tensor white(std::int64_t rows, std::int64_t features, std::int64_t seed) {
  const auto x = drawn_points(rows, features, seed), centered = x - x.mean(0);
  const auto covariance = at::mm(centered.t(), centered) / static_cast<double>(rows - 1);
  return at::linalg_solve_triangular(at::linalg_cholesky(covariance), centered.t(), /*upper=*/false).t();
}

/// By the definition: the square root of A B by its eigenvalues, which those of A^(1/2) B A^(1/2) are.
double by_definition(const Tensor& a, const Tensor& b) {
  const auto covariance = [](const Tensor& x) {
    const auto centered = x - x.mean(0);
    return at::mm(centered.t(), centered) / static_cast<double>(x.size(0) - 1);
  };
  const auto one = covariance(a), two = covariance(b);
  const auto roots = std::get<0>(at::linalg_eig(at::mm(one, two)));
  const auto shared = at::real(roots).clamp_min(0).sqrt().sum();
  return ((a.mean(0) - b.mean(0)).square().sum() + one.trace() + two.trace() - 2 * shared).item<double>();
}

TEST(FrechetDistance, IsThatOfGaussiansByHand) {
  // Of commuting covariances it is the squared distance of the means and of the deviations.
  const auto deviations = at::tensor({2., 0.5, 3.}, at::kDouble),
             others = at::tensor({1., 2., 3.}, at::kDouble), shift = at::tensor({1., -2., 0.}, at::kDouble);
  const auto x = white(50, 3, 1) * deviations, y = white(80, 3, 2) * others + shift;
  EXPECT_NEAR(squared_frechet_distance(x, y), (1 + 4 + 0) + (1 + 2.25 + 0), 1e-10);
  // In one dimension: (m - n)^2 + (s - t)^2, where 0, 2 have the deviation sqrt 2 and 5, 9 that of sqrt 8.
  EXPECT_NEAR(squared_frechet_distance(at::tensor({0., 2.}, at::kDouble).unsqueeze(1),
                                       at::tensor({5., 9.}, at::kDouble).unsqueeze(1)),
              36 + std::pow(std::sqrt(8.) - std::sqrt(2.), 2), 1e-12);
}

TEST(FrechetDistance, IsThatOfAnyCovariances) {
  for (const std::int64_t seed : {1, 2, 3}) {
    const auto x = at::mm(drawn_points(200, 4, seed), drawn_points(4, 4, seed + 10)),
               y = at::mm(drawn_points(90, 4, seed + 20), drawn_points(4, 4, seed + 30)) + 0.3;
    const double expected = by_definition(x, y);
    EXPECT_NEAR(squared_frechet_distance(x, y), expected, 1e-8 * expected);
    EXPECT_NEAR(squared_frechet_distance(y, x), squared_frechet_distance(x, y), 1e-10 * expected);
    EXPECT_NEAR(squared_frechet_distance(x + 7, y + 7), expected, 1e-8 * expected);
  }
}

TEST(FrechetDistance, IsZeroOfEqualSetsOfAnyRank) {
  for (const auto& [rows, features] : {std::pair{30, 5}, {5, 30}, {2, 1}}) {
    const auto x = drawn_points(rows, features, 1);
    EXPECT_NEAR(squared_frechet_distance(x, x), 0, 1e-12);
    EXPECT_NEAR(squared_frechet_distance(x, x.flip(0)), 0, 1e-12);
  }
  EXPECT_EQ(squared_frechet_distance(at::ones({4, 3}), at::ones({9, 3})), 0);
}

TEST(FrechetDistance, IsThatOfDegenerateGaussians) {
  // Covariances u u^T and v v^T of rank 1, whose product's root has the trace |u . v|; by fewer rows than
  // features, and by more.
  const auto u = at::tensor({3., 0., 4., 0.}, at::kDouble), v = at::tensor({0., 2., 2., 0.}, at::kDouble);
  for (const std::int64_t rows : {3, 40}) {
    const auto x = white(rows, 1, 1) * u, y = white(rows, 1, 2) * v;
    EXPECT_NEAR(squared_frechet_distance(x, y), 25 + 8 - 2 * 8, 1e-10);
  }
  // A point: what remains is the trace of the other.
  EXPECT_NEAR(squared_frechet_distance(at::zeros({5, 4}, at::kDouble), white(40, 4, 3)), 4, 1e-10);
}

/// Features that keep the first two values of three.
std::shared_ptr<const Features> first_two(double scale = 1) {
  const auto of = [scale](const Tensor& rows) {
    return scale * rows.flatten(1).slice(1, 0, 2).cpu().to(at::kDouble);
  };
  return std::make_shared<Features>(Features{.what = "the first two values", .of = of});
}

/// Codes are the first two values of a row, decoded to `gain` times these, and their sum.
std::shared_ptr<Autoencoder> model_of_gain(double gain) {
  auto model = std::make_shared<Linear>(Linear::Config{.code = 2}, Context({3}));
  const at::NoGradGuard no_grad;
  const auto parameters = model->named_parameters();
  for (auto& parameter : model->parameters()) parameter.zero_();
  parameters["backbone.encoder_0.weight"].copy_(at::eye(2, 3));
  auto weight = gain * at::eye(3, 2);
  weight[2].fill_(1);
  parameters["backbone.decoder_0.weight"].copy_(weight);
  return model;
}

Tensor rows_in_a_plane(std::int64_t rows, std::int64_t seed) {
  const auto codes = drawn_points(rows, 2, seed).to(at::kFloat);
  return at::cat({codes, codes.sum(1, /*keepdim=*/true)}, 1);
}

std::vector<std::optional<double>> measured_frechet(const Autoencoder& model, const Tensor& train,
                                                    const Tensor& x, Frechet::Config config = {},
                                                    std::int64_t batch = 1000,
                                                    std::vector<std::string>* cautions = nullptr,
                                                    double scale = 1) {
  config.features = "some";
  const auto rows = Dataset::from_tensors(x);
  const at::NoGradGuard no_grad;
  Frechet metric(config);
  metric.use(first_two(scale));
  metric.begin(model, {.train = Dataset::from_tensors(train), .validation = {}, .test = {}});
  for (const auto& some : x.split(batch))
    metric.add({.target = some, .code = {}, .reconstruction = model.reconstruct(some)});
  auto values = metric.values();
  if (cautions) *cautions = metric.cautions();
  return values;
}

TEST(FrechetMetric, ComparesSamplesTrainingRowsAndReconstructionsWithTheRows) {
  constexpr std::int64_t kRows = 4000;
  const auto train = rows_in_a_plane(kRows, 1), x = rows_in_a_plane(kRows, 2);
  // Samples of the rows' distribution are as far from rows as training rows are.
  const auto good = measured_frechet(*model_of_gain(1), train, x);
  EXPECT_LT(*good[0], 0.005);
  EXPECT_LT(*good[1], 0.005);
  EXPECT_LT(*good[2], 1e-10);
  // Twice as large ones have deviations of 2 instead of 1 in two dimensions: 2 (2 - 1)^2.
  const auto large = measured_frechet(*model_of_gain(2), train, x);
  EXPECT_NEAR(*large[0], 2, 0.15);
  EXPECT_EQ(*large[1], *good[1]);
  EXPECT_NEAR(*large[2], 2, 0.15);
  // In features of three times the size, nine times the distance.
  EXPECT_NEAR(*measured_frechet(*model_of_gain(2), train, x, {}, 1000, nullptr, 3)[0], 9 * *large[0], 1e-6);
}

TEST(FrechetMetric, HasEqualNumbersOfRowsAndDoesNotDependOnBatches) {
  const auto train = rows_in_a_plane(300, 1), x = rows_in_a_plane(90, 2);
  const auto whole = measured_frechet(*model_of_gain(1), train, x, {.rows = 60});
  EXPECT_EQ(measured_frechet(*model_of_gain(1), train, x, {.rows = 60}, 7), whole);
  EXPECT_EQ(measured_frechet(*model_of_gain(1), train, x.slice(0, 0, 60)), whole);
  EXPECT_NE(measured_frechet(*model_of_gain(1), train, x), whole);
  // Fewer training rows than rows: as many rows.
  EXPECT_EQ(measured_frechet(*model_of_gain(1), train.slice(0, 0, 40), x)[1],
            measured_frechet(*model_of_gain(1), train.slice(0, 0, 40), x.slice(0, 0, 40))[1]);
}

TEST(FrechetMetric, WarnsWhereRowsAreFewAndSaysWhatCannotBeDrawn) {
  const auto train = rows_in_a_plane(30, 1), x = rows_in_a_plane(30, 2);
  std::vector<std::string> cautions;
  measured_frechet(*model_of_gain(1), train, x, {}, 1000, &cautions);
  EXPECT_TRUE(cautions.empty());
  measured_frechet(*model_of_gain(1), train, x, {.rows = 2}, 1000, &cautions);
  ASSERT_EQ(cautions.size(), 1U);
  EXPECT_SAYS(cautions[0], "of 2 rows and 2 features: covariances are singular");
  const auto values = measured_frechet(*model_of_gain(1), train, x,
                                       {.samples = {.sampler = PriorSampler::Config{}}}, 1000, &cautions);
  EXPECT_FALSE(values[0]);
  EXPECT_TRUE(values[1] && values[2]);
  ASSERT_EQ(cautions.size(), 1U);
  EXPECT_SAYS(cautions[0],
              "frechet/distance: not measured, as no codes can be drawn: this model has no prior");
  const Dense quantized({.base = {.code = 2, .bottleneck = VectorQuantizedBottleneck::Config{.codes = 4}}},
                        Context({3}));
  EXPECT_FALSE(measured_frechet(quantized, train, x, {}, 1000, &cautions)[0]);
  ASSERT_EQ(cautions.size(), 1U);
  EXPECT_SAYS(cautions[0], "neither a prior nor a Gaussian draws codes from a codebook");
}

TEST(FrechetMetric, SaysWhatItIsAndWhoseFeaturesItTakes) {
  Frechet metric({.features = "some"});
  metric.use(first_two());
  for (const auto& measure : metric.measures()) {
    EXPECT_SAYS(measure.definition, "the first two values");
    EXPECT_SAYS(measure.definition, "not the FID");
  }
  Frechet::Config unnamed;
  EXPECT_SAYS(message_of<Error>([&] { check_config(unnamed, "metric"); }), "features: is missing");
  const auto rows = Dataset::from_tensors(rows_in_a_plane(20, 1));
  EXPECT_SAYS(message_of<Error>([&] {
                evaluate(*model_of_gain(1), rows, {rows, rows, rows}, {Frechet::Config{.features = "some"}});
              }),
              "given no source of features");
}

}  // namespace
}  // namespace aelab
