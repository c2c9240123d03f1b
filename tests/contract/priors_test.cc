// What every registered prior promises.

#include <gtest/gtest.h>

#include <cmath>

#include "tests/contract/contract.h"

namespace aelab {
namespace {

/// Access to an encoder that is one dense layer, in float64.
EncoderAccess linear_encoder(const Shape& input, std::int64_t code) {
  const auto weight = 0.3 * normal({2 * code, elements(input)}, 5);
  return {.input = input, .values = between(0, 1), .encode = [weight](const Tensor& x) {
            return at::linear(x.flatten(1).to(at::kDouble), weight);
          }};
}

/// Calls `test` with every prior of codes of three dimensions, its parameters moved from where they begin.
template <class Test>
void for_each_prior(Test test) {
  for_each_example<Prior>([&](const Choice<Prior>& example) {
    const auto prior = example.make();
    prior->build({3}, /*seed=*/1, linear_encoder({2, 2}, 3));
    prior->to(at::kDouble);
    shake(*prior);
    test(*prior);
  });
}

TEST(EveryPrior, ScoresEachCodeAlone) {
  for_each_prior([](const Prior& prior) {
    const auto codes = normal({5, 3});
    const auto scores = prior.log_density(codes);
    ASSERT_EQ(scores.sizes(), at::IntArrayRef{5});
    EXPECT_TRUE(at::allclose(prior.log_density(codes.slice(0, 2, 3)), scores.slice(0, 2, 3)));
    EXPECT_TRUE(prior.log_density(1e4 * codes).isfinite().all().item<bool>());
  });
}

TEST(EveryPrior, HasTheDensityOfTheCodesThatItDraws) {
  constexpr std::int64_t kCodes = 100000;
  for_each_prior([](const Prior& prior) {
    const at::NoGradGuard no_grad;
    const Noise noise(/*seed=*/3, /*pass=*/0);
    const auto codes = prior.sample_like(at::empty({kCodes, 3}, at::kDouble), noise);
    ASSERT_EQ(codes.sizes(), (at::IntArrayRef{kCodes, 3}));
    EXPECT_TRUE(same_bits(codes.slice(0, 0, 9), prior.sample_like(at::empty({9, 3}, at::kDouble), noise)));
    EXPECT_FALSE(at::equal(codes[0], codes[1]));
    // The expectation of another density over this one is 1: of narrow Gaussians at some of its codes.
    for (const std::int64_t at : {0, 1, 2}) {
      const auto deviation = 0.3;
      const auto inside = log_standard_normal((codes - codes[at]) / deviation) - 3 * std::log(deviation);
      const auto ratios = (inside - prior.log_density(codes)).exp();
      const auto error = ratios.std().item<double>() / std::sqrt(static_cast<double>(kCodes));
      EXPECT_NEAR(ratios.mean().item<double>(), 1, 5 * error);
      EXPECT_LT(error, 0.3);
    }
  });
}

TEST(EveryPrior, HasTheGradientsOfItsDensity) {
  for_each_prior([](const Prior& prior) {
    const auto codes = normal({4, 3}).requires_grad_();
    auto leaves = prior.parameters();
    leaves.push_back(codes);
    EXPECT_LT(gradient_error([&] { return prior.log_density(codes).sum(); }, leaves), kGradientTolerance);
  });
}

TEST(EveryPrior, HasTheDivergenceThatDrawnCodesEstimate) {
  constexpr std::int64_t kCodes = 100000;
  int have = 0;
  for_each_prior([&](const Prior& prior) {
    const DiagonalGaussian gaussians = {normal({2, 3}), 0.5 * normal({2, 3}, 1)};
    const auto each = prior.divergence(gaussians);
    if (!each.defined()) return;
    ++have;
    ASSERT_EQ(each.sizes(), (at::IntArrayRef{2, 3}));
    const auto codes = repeated(gaussians.mean, kCodes) +
                       repeated((0.5 * gaussians.log_variance).exp(), kCodes) * normal({2 * kCodes, 3}, 2);
    const auto drawn = (gaussians.log_density(codes, kCodes) - prior.log_density(codes)).view({2, kCodes});
    const auto error = drawn.std(1) / std::sqrt(static_cast<double>(kCodes));
    EXPECT_TRUE(((drawn.mean(1) - each.sum(1)).abs() < 5 * error).all().item<bool>());
  });
  EXPECT_GT(have, 0);
}

}  // namespace
}  // namespace aelab
