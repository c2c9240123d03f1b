// Samplers with networks: flows against quadrature and Gaussians, distributions of indices against exact
// enumeration and known joint distributions.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "aelab/evaluation/samplers/autoregressive_sampler.h"
#include "aelab/evaluation/samplers/flow_sampler.h"
#include "aelab/evaluation/samplers/gaussian_samplers.h"
#include "aelab/evaluation/samplers/prior_sampler.h"
#include "aelab/models/dense.h"
#include "aelab/models/vq_vae.h"
#include "aelab/nn/finite_scalar_bottleneck.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

Tensor normal_numbers(at::IntArrayRef shape, std::int64_t seed) {
  auto random = fixed_generator(seed);
  return at::empty(shape, at::kDouble).normal_(0, 1, random);
}

Tensor uniform_numbers(at::IntArrayRef shape, std::int64_t seed) {
  auto random = fixed_generator(seed);
  return at::empty(shape, at::kDouble).uniform_(0, 1, random);
}

const Autoencoder& model_without_a_codebook() {
  static const auto model = std::make_shared<Dense>(Dense::Config{.base = {.code = 2}}, Context(Shape{5}));
  return *model;
}

double mean_of(const Tensor& values) { return values.mean().item<double>(); }

// --- Training ---

/// A Gaussian of unit variance around a learned number.
class LearnedMean : public torch::nn::Module {
 public:
  LearnedMean() : mean(register_parameter("mean", at::zeros({1}))) {}
  LogDensity log_density() const {
    return [this](const Tensor& rows) { return -0.5 * (rows - mean).square().sum(1); };
  }
  Tensor mean;
};

TEST(DensityTraining, KeepsWhatMakesHeldOutRowsLikely) {
  const auto trained = [](double training, double held_out, std::int64_t rows_at_once) {
    LearnedMean learned;
    const HeldOutRows rows = {.training = at::full({50, 1}, training),
                              .held_out = at::full({5, 1}, held_out)};
    train_density(learned, rows, learned.log_density(),
                  {.epochs = 400, .batch_size = 20, .learning_rate = 0.01}, /*seed=*/1, rows_at_once);
    return learned.mean.item<double>();
  };
  EXPECT_NEAR(trained(1, 1, 1000), 1, 1e-2);
  EXPECT_EQ(trained(1, 0, 1000), 0);              // every step makes them less likely
  EXPECT_NEAR(trained(1, 0.5, 1000), 0.5, 0.02);  // up to there
  EXPECT_NEAR(trained(1, 1, 3), trained(1, 1, 1000), 1e-3);
}

TEST(DensityTraining, HoldsTheShareOutOnce) {
  const auto rows = at::arange(30).unsqueeze(1);
  const auto [training, held_out] = hold_out(rows, 0.1, 4);
  EXPECT_EQ(held_out.size(0), 3);
  EXPECT_TRUE(at::equal(std::get<0>(at::cat({training, held_out}).flatten().sort()), rows.flatten()));
  EXPECT_FALSE(at::equal(hold_out(rows, 0.1, 5).held_out, held_out));
  EXPECT_EQ(hold_out(rows, 0.001, 4).held_out.size(0), 1);
  EXPECT_EQ(hold_out(rows, 0.999, 4).training.size(0), 1);
}

// --- The flow ---

/// Two half circles that reach into each other, with noise.
Tensor two_moons(std::int64_t rows, std::int64_t seed) {
  const auto angle = M_PI * uniform_numbers({rows}, seed);
  const auto side = (at::arange(rows) % 2).to(at::kDouble);
  const auto x = (1 - 2 * side) * angle.cos() + side, y = (1 - 2 * side) * angle.sin() + 0.5 * side;
  return at::stack({x, y}, 1) + 0.1 * normal_numbers({rows, 2}, seed + 100);
}

FlowSampler fitted_flow(const Tensor& codes, std::int64_t epochs = 60) {
  FlowSampler sampler(
      {.flow = {.hidden = {32}}, .training = {.epochs = epochs, .batch_size = 64, .learning_rate = 5e-3}});
  sampler.fit(model_without_a_codebook(), codes, /*seed=*/1);
  return sampler;
}

TEST(FlowSampler, IntegratesToOne) {
  constexpr std::int64_t kPoints = 500;
  const auto two = 3 * two_moons(1000, 1) + at::tensor({5.0, -2.0}, at::kDouble);
  const auto flow = fitted_flow(two, 20);
  const auto axis = at::linspace(-25, 25, kPoints, at::kDouble);
  const auto grid = at::cartesian_prod({axis + 5, axis - 2});
  const double area = std::pow(50.0 / (kPoints - 1), 2);
  EXPECT_NEAR(flow.log_density(grid).exp().sum().item<double>() * area, 1, 2e-3);
  // In one dimension a flow is a Gaussian.
  const auto one = fitted_flow(3 * normal_numbers({500, 1}, 2) + 1, 20);
  const auto line = at::linspace(-40, 40, 8001, at::kDouble).unsqueeze(1);
  EXPECT_NEAR(one.log_density(line).exp().sum().item<double>() * 0.01, 1, 1e-6);
}

TEST(FlowSampler, IsLikelierThanAGaussianOnTwoMoons) {
  const auto codes = two_moons(2000, 3), held_out = two_moons(1000, 4);
  const auto flow = fitted_flow(codes);
  GaussianSampler gaussian({});
  gaussian.fit(model_without_a_codebook(), codes, 0);
  EXPECT_GT(mean_of(flow.log_density(held_out)), mean_of(gaussian.log_density(held_out)) + 0.3);
}

TEST(FlowSampler, DrawsWithTheMomentsOfTheCodes) {
  const auto lean = at::tensor({1.0, 2.0, 0.0, 0.5}, at::kDouble).view({2, 2});
  const auto codes = at::mm(normal_numbers({3000, 2}, 5), lean) + at::tensor({3.0, -1.0}, at::kDouble);
  const auto drawn = fitted_flow(codes).draw(20000, 6);
  const auto covariance = [](const Tensor& rows) {
    const auto apart = rows - rows.mean(0);
    return at::mm(apart.t(), apart) / rows.size(0);
  };
  const auto apart = (drawn.mean(0) - codes.mean(0)).abs() / codes.std(0);  // in deviations
  EXPECT_LT(apart.max().item<double>(), 0.15);
  EXPECT_TRUE(at::allclose(covariance(drawn), covariance(codes), 0.1, 0.1)) << covariance(drawn);
}

TEST(FlowSampler, SurvivesDimensionsWithoutVariance) {
  auto codes = normal_numbers({200, 3}, 7);
  codes.select(1, 1).fill_(2);
  const auto flow = fitted_flow(codes, 5);
  EXPECT_TRUE(flow.log_density(codes).isfinite().all().item<bool>());
  EXPECT_TRUE(flow.draw(50, 1).isfinite().all().item<bool>());
  EXPECT_SAYS(message_of<Error>([&] { fitted_flow(codes.slice(0, 0, 5)); }), "at least 10 training rows");
}

// --- The distribution of indices ---

/// A model whose codes are `places` values of `levels` levels each.
std::shared_ptr<Autoencoder> model_of_levels(std::int64_t places, std::vector<std::int64_t> levels) {
  const auto code = places * static_cast<std::int64_t>(levels.size());
  return std::make_shared<Dense>(
      Dense::Config{
          .base = {.code = code, .bottleneck = FiniteScalarBottleneck::Config{.levels = std::move(levels)}}},
      Context(Shape{5}));
}

Tensor codes_with(const Autoencoder& model, const Tensor& indices) {
  return model.parts().bottleneck.from_indices(indices).flatten(1).to(at::kDouble);
}

AutoregressiveSampler fitted_to(const Autoencoder& model, const Tensor& indices,
                                double learning_rate = 5e-3) {
  AutoregressiveSampler sampler(
      {.network = {.embedding = 8, .hidden = {32}},
       .training = {.epochs = 100, .batch_size = 64, .learning_rate = learning_rate}});
  sampler.fit(model, codes_with(model, indices), /*seed=*/1);
  return sampler;
}

Tensor random_indices(at::IntArrayRef shape, std::int64_t count, std::int64_t seed) {
  return (uniform_numbers(shape, seed) * static_cast<double>(count)).to(at::kLong);
}

/// All lists of three indices below `count`.
Tensor all_triples(std::int64_t count) {
  const auto one = at::arange(count);
  return at::cartesian_prod({one, one, one});
}

TEST(AutoregressiveSampler, GivesAllCombinationsTheProbabilityOne) {
  const auto model = model_of_levels(3, {2, 2});
  const auto indices = random_indices({500, 3}, 4, 1).square() % 4;  // not uniform
  const auto sampler = fitted_to(*model, indices);
  const auto codes = codes_with(*model, all_triples(4));
  EXPECT_NEAR(sampler.log_density(codes).exp().sum().item<double>(), 1, 1e-9);
  // Of codes between the codebook's, those of the nearest count.
  EXPECT_TRUE(same_bits(sampler.log_density(codes + 0.01), sampler.log_density(codes)));
}

/// KL(p, q) of p uniform over these rows, which are distinct.
double divergence_from_uniform(const Autoencoder& model, const Sampler& sampler, const Tensor& indices) {
  return -std::log(static_cast<double>(indices.size(0))) -
         mean_of(sampler.log_density(codes_with(model, indices)));
}

TEST(AutoregressiveSampler, LearnsThatAnIndexIsThatBefore) {
  const auto model = model_of_levels(2, {5});
  const auto first = random_indices({2000, 1}, 5, 2), joint = first.expand({2000, 2});
  const auto possible = at::arange(5).unsqueeze(1).expand({5, 2});
  // Without training it is the product of the places' frequencies: log 5 away.
  const auto independent = fitted_to(*model, joint, /*learning_rate=*/0);
  EXPECT_NEAR(divergence_from_uniform(*model, independent, possible), std::log(5), 0.05);
  EXPECT_LT(divergence_from_uniform(*model, fitted_to(*model, joint), possible), 0.05);
}

TEST(AutoregressiveSampler, LearnsADependenceOnSeveral) {
  // The third is whether the first two differ: of any two the joint distribution is uniform.
  const auto model = model_of_levels(3, {2});
  const auto two = random_indices({2000, 2}, 2, 3);
  const auto differ = [](const Tensor& rows) {
    return at::cat({rows, rows.sum(1, /*keepdim=*/true) % 2}, 1);
  };
  const auto possible = differ(at::cartesian_prod({at::arange(2), at::arange(2)}));
  EXPECT_NEAR(divergence_from_uniform(*model, fitted_to(*model, differ(two), 0), possible), std::log(2),
              0.02);
  EXPECT_LT(divergence_from_uniform(*model, fitted_to(*model, differ(two), 1e-2), possible), 0.05);
}

TEST(AutoregressiveSampler, DrawsAsOftenAsItSays) {
  constexpr std::int64_t kCodes = 20000;
  const auto model = model_of_levels(3, {3});
  const auto first = random_indices({2000, 3}, 3, 4);
  const auto sampler = fitted_to(*model, first.minimum(first.roll(1, 1)));
  const auto probabilities = sampler.log_density(codes_with(*model, all_triples(3))).exp();
  const auto drawn =
      model->parts().bottleneck.indices_of(sampler.draw(kCodes, 5).to(at::kFloat)).to(at::kLong);
  const auto place = (drawn * at::tensor({9, 3, 1}, at::kLong)).sum(1);
  const auto frequencies = at::bincount(place, {}, 27).to(at::kDouble) / static_cast<double>(kCodes);
  const auto error = (probabilities * (1 - probabilities) / static_cast<double>(kCodes)).sqrt();
  EXPECT_TRUE(((frequencies - probabilities).abs() < 5 * error + 1e-4).all().item<bool>());
}

TEST(AutoregressiveSampler, DrawsVectorsOfALearnedCodebook) {
  for (const auto& config : VqVae::Config::examples()) {
    const auto model = Autoencoder::make(config, Context({1, 8, 8}, 1));
    shake(*model);
    const auto x = uniform_numbers({40, 1, 8, 8}, 6).to(at::kFloat);
    const at::NoGradGuard no_grad;
    const auto codes = model->encode(x).flatten(1).to(at::kDouble);
    AutoregressiveSampler sampler({.network = {.embedding = 4, .hidden = {8}}, .training = {.epochs = 2}});
    sampler.fit(*model, codes, 1);
    const auto drawn = sampler.draw(7, 2);
    ASSERT_EQ(drawn.sizes(), (at::IntArrayRef{7, codes.size(1)}));
    const auto indices = model->parts().bottleneck.indices_of(as_codes_of(*model, drawn));
    EXPECT_TRUE(at::equal(codes_with(*model, indices), drawn));
    EXPECT_TRUE(sampler.log_density(codes).le(0).all().item<bool>());
  }
}

TEST(AutoregressiveSampler, DependsOnThoseBeforeAPlaceAlone) {
  Initializer initializer(1);
  IndexNetwork network({.embedding = 4, .hidden = {12}}, /*places=*/4, /*codes=*/6, initializer);
  network.to(at::kDouble);
  shake(network, 0.5);
  const at::NoGradGuard no_grad;
  const auto indices = random_indices({30, 4}, 6, 8);
  auto product = at::zeros({30}, at::kDouble);
  for (std::int64_t place = 0; place < 4; ++place) {
    auto other = indices.clone();
    other.slice(1, place).copy_(random_indices({30, 4 - place}, 6, 9));
    const auto at_place = network.log_probabilities_at(indices, place);
    EXPECT_TRUE(at::allclose(at_place, network.log_probabilities_at(other, place)));
    EXPECT_TRUE(at::allclose(at_place.exp().sum(1), at::ones({30}, at::kDouble)));
    product += at_place.gather(1, indices.slice(1, place, place + 1)).squeeze(1);
    if (place == 0) continue;
    auto before = indices.clone();
    before.select(1, place - 1).copy_((indices.select(1, place - 1) + 1) % 6);
    EXPECT_FALSE(at::allclose(at_place, network.log_probabilities_at(before, place), 0.01, 0.01));
  }
  EXPECT_TRUE(at::allclose(network.log_probabilities(indices).sum(1), product));
}

TEST(AutoregressiveSampler, IsTheOneForCodebooks) {
  const auto codebook = model_of_levels(2, {5}), large = model_of_levels(1, {64, 64, 64});
  const auto codes = at::zeros({20, 2}, at::kDouble);
  for (const auto& other : {Choice<Sampler>(GaussianSampler::Config{}),
                            Choice<Sampler>(FlowSampler::Config{}), Choice<Sampler>(PriorSampler::Config{})})
    EXPECT_SAYS(message_of<Error>([&] { other.make()->fit(*codebook, codes, 0); }),
                "made of the 5 vectors of a codebook, and this sampler would draw others: choose "
                "\"autoregressive\"");
  AutoregressiveSampler sampler({});
  EXPECT_SAYS(message_of<Error>([&] { sampler.fit(model_without_a_codebook(), codes, 0); }),
              "codes are not made of a codebook's vectors");
  EXPECT_SAYS(message_of<Error>([&] { sampler.fit(*large, codes, 0); }), "has 262144 vectors");
}

}  // namespace
}  // namespace aelab
