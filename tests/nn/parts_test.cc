#include "aelab/nn/parts.h"

#include <gtest/gtest.h>

#include <cmath>

#include "aelab/nn/bottlenecks.h"
#include "aelab/nn/dense_backbone.h"
#include "aelab/nn/likelihoods.h"
#include "aelab/nn/penalties.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

TEST(Terms, AreAveragedOverTheBatchAndWeighted) {
  Terms terms;
  terms.add("reconstruction", at::tensor({1.0, 2.0, 6.0}));
  terms.add("l1", at::tensor(4.0), 0.5);
  terms.add("none", at::tensor(100.0), 0);
  ASSERT_EQ(terms.all().size(), 3u);
  EXPECT_EQ(terms.all()[0].value.item<double>(), 3);
  EXPECT_EQ(terms.all()[1].value.item<double>(), 4);
  EXPECT_EQ(terms.all()[1].weight, 0.5);
  EXPECT_EQ(terms.total().item<double>(), 5);
}

TEST(Bernoulli, IsTheCrossEntropyOfItsLogits) {
  const BernoulliLikelihood bernoulli{{}};
  auto random = fixed_generator();
  const auto target = at::empty({4, 2, 5}, at::kDouble).uniform_(0, 1, random);
  const auto at_zero = bernoulli.negative_log(at::zeros({4, 2, 5}, at::kDouble), target);
  EXPECT_TRUE(at::allclose(at_zero, at::full({4}, 10 * std::log(2.0), at::kDouble)));  // whatever the target
  const auto logits = at::empty({4, 2, 5}, at::kDouble).normal_(0, 3, random);
  const auto p = 1 / (1 + (-logits).exp());
  const auto by_hand = -(target * p.log() + (1 - target) * (1 - p).log());
  EXPECT_TRUE(at::allclose(bernoulli.negative_log(logits, target), by_hand.flatten(1).sum(1)));
  EXPECT_TRUE(at::allclose(bernoulli.mean(logits), p));
  EXPECT_FALSE(bernoulli.support().allow(1.01));
  EXPECT_TRUE(bernoulli.support().allow(1));
}

TEST(Gaussian, IsHalfTheSquaredError) {
  const auto output = at::tensor({1.0, 2.0, 0.0, 0.0}).view({2, 2}),
             target = at::tensor({3.0, 5.0, 0.5, 1.0}).view({2, 2});
  const GaussianLikelihood identity{{}}, sigmoid{{.mean = GaussianMean::sigmoid}};
  // (4 + 9) / 2 and (.25 + 1) / 2
  EXPECT_TRUE(at::allclose(identity.negative_log(output, target), at::tensor({6.5, 0.625})));
  // sigmoid(0) = .5 in the second row: (0 + .25) / 2
  EXPECT_NEAR(sigmoid.negative_log(output, target)[1].item<double>(), 0.125, 1e-6);
  EXPECT_TRUE(at::equal(identity.mean(output), output));
  EXPECT_TRUE(at::allclose(sigmoid.mean(output), at::sigmoid(output)));
}

TEST(Likelihoods, DrawFromTheDensityThatTheyScore) {
  // The mean cost of draws is the distribution's entropy, which is known in closed form.
  constexpr std::int64_t kDraws = 20'000;
  const at::NoGradGuard no_grad;
  const auto cost_of_draws = [&](const Likelihood& likelihood, const Tensor& output) {
    const auto outputs = output.unsqueeze(0).expand({kDraws, -1}).contiguous();
    const auto costs = likelihood.negative_log(outputs, likelihood.draw(outputs, {.seed = 3}));
    return costs.mean().item<double>() + likelihood.constant({2});
  };
  const auto gaussian_entropy = [](double deviation) {
    return 0.5 * std::log(2 * M_PI * std::exp(1.) * deviation * deviation);
  };
  const auto logits = at::tensor({0.4F, -2.0F}), p = logits.sigmoid();
  const auto bits = -(p * p.log() + (1 - p) * (1 - p).log()).sum().item<double>();
  EXPECT_NEAR(cost_of_draws(BernoulliLikelihood{{}}, logits), bits, 0.02);
  EXPECT_NEAR(cost_of_draws(GaussianLikelihood({.deviation = 0.2}), logits), 2 * gaussian_entropy(0.2), 0.03);
  EXPECT_NEAR(cost_of_draws(GaussianLikelihood({.deviation = 3, .learned = true}), logits),
              2 * gaussian_entropy(3), 0.03);
  const auto with_variances =
      at::cat({logits, at::tensor({std::log(0.25F), std::log(4.0F)})});  // deviations .5 and 2
  EXPECT_NEAR(cost_of_draws(HeteroscedasticLikelihood{{}}, with_variances),
              gaussian_entropy(0.5) + gaussian_entropy(2), 0.03);
}

TEST(Heteroscedastic, IsTheNormalDensityOfItsMeanAndVariance) {
  const HeteroscedasticLikelihood likelihood{{}};
  EXPECT_EQ(likelihood.output_shape({2}), Shape{4});
  EXPECT_EQ(likelihood.output_shape({3, 8, 9}), (Shape{6, 8, 9}));
  // Two features: means, then logarithms of variances. A row at variance 1 is half the squared error.
  const double mean[2][2] = {{1, -2}, {0, 3}}, variance[2][2] = {{4, 0.25}, {1, 1}},
               x[2][2] = {{3, -1}, {0.5, 1}};
  const auto output = at::tensor({1.0, -2.0, std::log(4.0), std::log(0.25), 0.0, 3.0, 0.0, 0.0}).view({2, 4});
  const auto target = at::tensor({3.0, -1.0, 0.5, 1.0}).view({2, 2});
  const auto scores = likelihood.negative_log(output, target);
  for (std::int64_t i = 0; i < 2; ++i) {
    double by_hand = 0;
    for (std::int64_t j = 0; j < 2; ++j)
      by_hand -= std::log(std::exp(-(x[i][j] - mean[i][j]) * (x[i][j] - mean[i][j]) / (2 * variance[i][j])) /
                          std::sqrt(variance[i][j]));
    EXPECT_NEAR(scores[i].item<double>(), by_hand, 1e-5);
  }
  EXPECT_NEAR(scores[1].item<double>(),
              GaussianLikelihood({}).negative_log(output.narrow(1, 0, 2), target)[1].item<double>(), 1e-6);
  EXPECT_TRUE(at::equal(likelihood.mean(output), output.narrow(1, 0, 2)));
}

TEST(Heteroscedastic, IsLeastAtTheSquaredErrorAndBoundedWhereThatVanishes) {
  const HeteroscedasticLikelihood likelihood({.smallest_variance = 1e-4});
  const auto score = [&](double error, double log_variance) {
    return likelihood
        .negative_log(at::tensor({error, log_variance}, at::kDouble).view({1, 2}), at::zeros({1, 1}))
        .item<double>();
  };
  const double best = std::log(0.09);  // (.3)^2
  EXPECT_NEAR(score(0.3, best), 0.5 * (1 + best), 1e-12);
  EXPECT_LT(score(0.3, best), score(0.3, best + 0.1));
  EXPECT_LT(score(0.3, best), score(0.3, best - 0.1));
  EXPECT_NEAR(score(0, -1000), 0.5 * std::log(1e-4), 1e-12);
  const HeteroscedasticLikelihood sigmoid({.mean = GaussianMean::sigmoid});
  EXPECT_TRUE(
      at::allclose(sigmoid.mean(at::tensor({0.0, 5.0}).view({1, 2})), at::tensor({0.5}).view({1, 1})));
}

TEST(Bottleneck, DeterministicIsItsActivation) {
  const auto x = at::tensor({-2.0, 0.0, 3.0}).view({1, 3});
  EXPECT_TRUE(at::equal(DeterministicBottleneck({}).read(x, {}), x));
  EXPECT_TRUE(at::equal(DeterministicBottleneck({.activation = Activation::relu}).read(x, {}),
                        at::tensor({0.0, 0.0, 3.0}).view({1, 3})));
}

class Penalties : public testing::Test {
 protected:
  Penalties() : backbone({}, {.input = {2}, .code = 1, .seed = 0}), bottleneck({}) {}
  Tensor value(const Penalty& penalty) { return penalty.value(pass, {backbone, bottleneck, likelihood}, {}); }

  DenseBackbone backbone;
  DeterministicBottleneck bottleneck;
  BernoulliLikelihood likelihood{{}};
  Pass pass;
};

TEST_F(Penalties, L1IsTheSumOfAbsoluteCodes) {
  pass.code = at::tensor({1.0, -2.0, 0.0, 3.5}).view({2, 2});
  EXPECT_TRUE(at::allclose(value(L1Penalty({})), at::tensor({3.0, 3.5})));
  pass.code = pass.code.view({1, 2, 1, 2});  // a code of any shape
  EXPECT_TRUE(at::allclose(value(L1Penalty({})), at::tensor({6.5})));
}

TEST_F(Penalties, WeightDecayIsHalfTheSquaredWeightsWithoutBiases) {
  const at::NoGradGuard no_grad;
  for (auto& item : backbone.named_parameters()) item.value().fill_(item.key().ends_with("bias") ? 100 : 1);
  backbone.named_parameters()["encoder_0.weight"].copy_(at::tensor({1.0, 2.0}).view({1, 2}));
  backbone.named_parameters()["decoder_0.weight"].copy_(at::tensor({3.0, 4.0}).view({2, 1}));
  pass.code = at::zeros({5, 1});
  EXPECT_EQ(value(WeightDecayPenalty({})).item<double>(), 15);  // (1 + 4 + 9 + 16) / 2
}

TEST(Step, GivesEveryStreamAndScopeItsOwnNumbers) {
  const auto first = [](const Step& step, std::string_view stream) {
    return step.noise().uniform_like(stream, at::empty({1, 4}));
  };
  const Step step{.at = {.epoch = 1, .batch = 2},
                  .seed = 3,
                  .training = true,
                  .in_phase = 0,
                  .phase_steps = 1,
                  .scope = {}};
  auto nested = step;
  nested.scope = "layer_1.";
  EXPECT_TRUE(same_bits(first(step, "corruption"), first(step, "corruption")));
  EXPECT_FALSE(same_bits(first(step, "corruption"), first(step, "code")));
  EXPECT_FALSE(same_bits(first(step, "corruption"), first(nested, "corruption")));
  EXPECT_TRUE(same_bits(first(step, "layer_1.corruption"), first(nested, "corruption")));
}

}  // namespace
}  // namespace aelab
