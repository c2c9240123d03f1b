// What every registered bottleneck promises.

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "tests/contract/contract.h"

namespace aelab {
namespace {

TEST(EveryBottleneck, IsOfAKindThatDeclaresItsTerms) {
  std::map<std::string, std::set<std::string>> added;
  for_each_example<Bottleneck>([&](const Choice<Bottleneck>& example) {
    for (const auto& term : example.make()->terms()) added[example.kind()].insert(term.name);
  });
  for_each_example<Bottleneck>([&](const Choice<Bottleneck>& example) {
    const auto& declared = Bottleneck::registry().at(example.kind()).terms;
    EXPECT_EQ(added[example.kind()], std::set<std::string>(declared.begin(), declared.end()));
  });
}

/// Calls `test` with every bottleneck, built for a vector and for an image, and a pre-code for it. Each
/// suits at least one of them. Those that need a dictionary have that of a fixed decoder.
template <class Test>
void for_each_bottleneck(Test test) {
  for_each_example<Bottleneck>([&](const Choice<Bottleneck>& example) {
    int suited = 0;
    for (const Shape& code : {Shape{6}, Shape{2, 3, 4}}) {
      const auto bottleneck = made_or_refused(/*expected=*/true, [&] {
        const auto made = example.make();
        const auto vectors = normal({elements(code), 5}, 3);
        if (example.can(capability::needs_dictionary))
          made->connect({.dictionary = [vectors] { return Dictionary{.vectors = vectors, .bias = {}}; }});
        made->build(code, /*seed=*/1);
        return made;
      });
      if (!bottleneck) continue;
      ++suited;
      bottleneck->to(at::kDouble);
      test(*bottleneck, code, normal(batch_of(3, bottleneck->pre_code_shape(code))));
    }
    EXPECT_GT(suited, 0) << "suits no code";
  });
}

Pass coded(const Bottleneck& bottleneck, const Tensor& pre_code, const Step& step, std::int64_t samples = 1,
           Divergence divergence = Divergence::expected) {
  Pass pass;
  pass.pre_code = pre_code;
  pass.samples = samples;
  pass.divergence = divergence;
  bottleneck.code(pass, step);
  return pass;
}

TEST(EveryBottleneck, MakesCodesOfItsShapeAndRangeAsTheStepSays) {
  for_each_bottleneck([](const Bottleneck& bottleneck, const Shape& code, const Tensor& pre_code) {
    for (const auto& step : {some_step(), Step{}}) {
      const auto samples = bottleneck.samples_codes() ? 2 : 1;
      const auto pass = coded(bottleneck, pre_code, step, samples);
      EXPECT_EQ(pass.code.sizes(), batch_of(3 * samples, code));
      EXPECT_TRUE(same_bits(pass.code, coded(bottleneck, pre_code, step, samples).code));
      const auto read = bottleneck.read(pre_code, step);
      EXPECT_EQ(read.sizes(), batch_of(3, code));
      EXPECT_TRUE(bottleneck.samples_codes() || same_bits(read, pass.code));
      for (const auto& made : {pass.code, read}) {
        EXPECT_TRUE(made.isfinite().all().item<bool>());
        EXPECT_TRUE(bottleneck.range().allow(made.min().item<double>()));
        EXPECT_TRUE(bottleneck.range().allow(made.max().item<double>()));
      }
      EXPECT_FALSE(bottleneck.samples_codes() && step.training &&
                   at::equal(sample(pass.code, 0, samples), sample(pass.code, 1, samples)));
    }
  });
}

/// The weighted sum of the terms of each code, [batch, samples].
Tensor costs_of(const Bottleneck& bottleneck, const Pass& pass, const Step& step) {
  Terms terms;
  bottleneck.add_terms(pass, step, terms);
  return terms.costs(pass.pre_code.size(0));
}

/// Whether the mean over samples is `expected`, within what chance allows.
void expect_mean(const Tensor& samples, const Tensor& expected) {
  const auto error = samples.std(1) / std::sqrt(static_cast<double>(samples.size(1)));
  EXPECT_TRUE(((samples.mean(1) - expected).abs() < 5 * error + 1e-9).all().item<bool>());
}

TEST(EveryBottleneck, HasTheDensityOfTheCodesThatItDraws) {
  constexpr std::int64_t kSamples = 5000;
  int have = 0;
  for_each_bottleneck([&](const Bottleneck& bottleneck, const Shape&, const Tensor& values) {
    if (!bottleneck.has_density()) return;
    ++have;
    EXPECT_TRUE(bottleneck.samples_codes());
    const auto pre_code = 0.2 * values;  // near the prior, where few codes do not decide everything
    const auto drawn = coded(bottleneck, pre_code, some_step(), kSamples, Divergence::drawn);
    const auto density = bottleneck.log_density(drawn.code, pre_code),
               prior = bottleneck.log_prior(drawn.code);
    ASSERT_EQ(density.sizes(), at::IntArrayRef{3 * kSamples});
    // The expectation of another density over q is 1: of Gaussians at the readings.
    const auto read = repeated(bottleneck.read(pre_code, Step{}), kSamples);
    const double deviation = 0.9;
    const auto other = log_standard_normal((drawn.code - read) / deviation) -
                       std::log(deviation) * static_cast<double>(read[0].numel());
    expect_mean((other - density).exp().view({3, kSamples}), at::ones({3}, at::kDouble));
    ASSERT_EQ(prior.sizes(), density.sizes());
    // The divergences of codes average to the divergence.
    const auto costs = costs_of(bottleneck, drawn, some_step());
    if (costs.size(1) == 1) return;  // another term stands for them
    const auto expected = coded(bottleneck, pre_code, some_step(), kSamples);
    expect_mean(costs, costs_of(bottleneck, expected, some_step()).mean(1));
    if (!bottleneck.has_pathwise_density()) return;
    const auto pathwise = coded(bottleneck, pre_code, some_step(), kSamples, Divergence::pathwise);
    EXPECT_TRUE(same_bits(costs_of(bottleneck, pathwise, some_step()), costs));
  });
  EXPECT_GT(have, 0);
}

TEST(EveryBottleneck, DifferentiatesPathwiseByItsCodesAlone) {
  int have = 0;
  for_each_bottleneck([&](const Bottleneck& bottleneck, const Shape&, const Tensor& values) {
    if (!bottleneck.has_pathwise_density()) return;
    ++have;
    const auto pre_code = values.detach().requires_grad_();
    const auto pass = coded(bottleneck, pre_code, some_step(), 4, Divergence::pathwise);
    const auto divergence = drawn_divergence(pass, bottleneck).sum();
    const auto by_code = torch::autograd::grad({divergence}, {pass.code}, {}, true).front();
    const auto through_code = torch::autograd::grad({pass.code}, {pre_code}, {by_code}, true).front();
    EXPECT_TRUE(at::allclose(torch::autograd::grad({divergence}, {pre_code}).front(), through_code));
  });
  EXPECT_GT(have, 0);
}

TEST(EveryBottleneck, FindsCodesFromFiniteSetsByTheirIndices) {
  int have = 0;
  for_each_bottleneck([&](const Bottleneck& bottleneck, const Shape&, const Tensor& pre_code) {
    const auto pass = coded(bottleneck, pre_code, some_step());
    const auto size = bottleneck.codebook_size();
    ASSERT_EQ(pass.extras.contains("indices"), size > 0);
    if (size == 0) return;
    ++have;
    EXPECT_FALSE(bottleneck.is_differentiable());
    const auto& indices = pass.extras.at("indices");
    ASSERT_EQ(indices.dim(), 2);
    EXPECT_EQ(indices.size(0), 3);
    EXPECT_EQ(indices.scalar_type(), at::kLong);
    EXPECT_TRUE(between(0, static_cast<double>(size - 1)).allow(indices.min().item<double>()));
    EXPECT_TRUE(between(0, static_cast<double>(size - 1)).allow(indices.max().item<double>()));
    EXPECT_TRUE(same_bits(bottleneck.from_indices(indices), pass.code));
    EXPECT_TRUE(same_bits(bottleneck.from_indices(indices.slice(0, 1, 2)), pass.code.slice(0, 1, 2)));
    // Codes that were moved a little have the same nearest vectors.
    EXPECT_TRUE(at::equal(bottleneck.indices_of(pass.code), indices));
    EXPECT_TRUE(at::equal(bottleneck.indices_of(pass.code + 1e-4 * normal(pass.code.sizes(), 4)), indices));
    const auto far = bottleneck.indices_of(100 * pass.code);
    EXPECT_TRUE(between(0, static_cast<double>(size - 1)).allow(far.min().item<double>()));
    EXPECT_TRUE(between(0, static_cast<double>(size - 1)).allow(far.max().item<double>()));
  });
  EXPECT_GT(have, 0);
}

TEST(EveryBottleneck, HasTheDerivativesThatItClaims) {
  for_each_bottleneck([](Bottleneck& bottleneck, const Shape& code, const Tensor& values) {
    if (!bottleneck.is_differentiable()) {
      EXPECT_FALSE(bottleneck.has_slope());
      return;
    }
    const auto pre_code = values.detach().requires_grad_();
    const auto step = some_step();
    const auto weights = normal(batch_of(3, code), 1);
    auto leaves = bottleneck.has_exact_gradients() ? bottleneck.parameters() : std::vector<Tensor>();
    leaves.push_back(pre_code);
    const auto weighted = [&] { return (bottleneck.read(pre_code, step) * weights).sum(); };
    EXPECT_LT(gradient_error(weighted, leaves), kGradientTolerance);
    if (!bottleneck.has_slope()) return;
    const auto read = bottleneck.read(pre_code, step);
    const auto by_autograd = torch::autograd::grad({read.sum()}, {pre_code}).front().flatten(1);
    const auto used = by_autograd.narrow(1, 0, elements(code)), unused = by_autograd.slice(1, elements(code));
    EXPECT_TRUE(at::allclose(bottleneck.slope(pre_code, read, step).flatten(1), used));
    EXPECT_TRUE((unused == 0).all().item<bool>());
  });
}

TEST(EveryBottleneck, AddsTheTermsThatItDeclaresWithTheirGradients) {
  for_each_bottleneck([](Bottleneck& bottleneck, const Shape&, const Tensor& values) {
    const auto pre_code = values.detach().requires_grad_();
    for (const auto& [step, divergence] : {std::pair(some_step(), Divergence::expected),
                                           {Step{}, Divergence::expected},
                                           {some_step(), Divergence::drawn}}) {
      if (divergence == Divergence::drawn && !bottleneck.has_density()) continue;
      const auto& here = step;
      const auto wanted = divergence;
      const auto pass = [&] { return coded(bottleneck, pre_code, here, 1, wanted); };
      Terms added;
      bottleneck.add_terms(pass(), step, added);
      std::size_t expected = 0;
      for (const auto& declared : bottleneck.terms()) {
        if (step.training && !declared.in_training) continue;
        ASSERT_LT(expected, added.all().size()) << declared.name;
        EXPECT_EQ(added.all()[expected].name, declared.name);
        EXPECT_EQ(added.all()[expected].additivity, declared.additivity);
        ++expected;
      }
      EXPECT_EQ(added.all().size(), expected);
      if (added.all().empty() || !bottleneck.has_exact_gradients()) continue;
      const auto total = [&] {
        Terms terms_again;
        bottleneck.add_terms(pass(), here, terms_again);
        return terms_again.total();
      };
      EXPECT_LT(gradient_error(total, {pre_code}), kGradientTolerance);
    }
  });
}

}  // namespace
}  // namespace aelab
