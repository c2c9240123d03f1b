// The multinomial likelihood: golden numbers by SciPy (reference_multinomial.py), its gradient in closed
// form.

#include "aelab/nn/multinomial_likelihood.h"

#include <gtest/gtest.h>

#include <cmath>

#include "aelab/nn/dense_backbone.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

Tensor golden_logits() {
  return at::tensor({0.3, -1.2, 0.5, -0.25, 2.0, -2.0, 0.9, 1.5, 0.75, -1.0, 0.1, 0.2, 0.3, 0.4, 0.5},
                    at::kDouble)
      .view({3, 5});
}
Tensor golden_counts() {
  return at::tensor({1., 0., 0., 1., 1., 0., 7., 2., 0., 31., 0., 0., 0., 0., 0.}, at::kDouble).view({3, 5});
}

TEST(Multinomial, HasTheLogProbabilitiesOfSciPy) {
  const MultinomialLikelihood likelihood{{}};
  const auto found = likelihood.negative_log(golden_logits(), golden_counts());
  const auto expected = at::tensor({3.4768256888549973, 88.999706080965552, 0.0}, at::kDouble);
  EXPECT_TRUE(at::allclose(found, expected, 1e-12, 1e-9)) << found;
  const auto single = likelihood.negative_log(golden_logits().to(at::kFloat), golden_counts().to(at::kFloat));
  EXPECT_TRUE(at::allclose(single.to(at::kDouble), expected, 1e-5, 1e-5)) << single;
  // As pictures, and with other memory.
  const auto square =
      likelihood.negative_log(golden_logits().t().contiguous().t(), golden_counts().t().contiguous().t());
  EXPECT_TRUE(at::allclose(square, found, 1e-12));
  EXPECT_TRUE(at::equal(
      likelihood.negative_log(golden_logits().view({3, 1, 5}), golden_counts().view({3, 1, 5})), found));
}

TEST(Multinomial, AddsUpToOneOverAllCounts) {
  const MultinomialLikelihood likelihood{{}};
  const auto logits = at::tensor({0.4, -1.0, 1.3}, at::kDouble).view({1, 3});
  constexpr int kDraws = 6;
  double sum = 0;
  for (int a = 0; a <= kDraws; ++a)
    for (int b = 0; a + b <= kDraws; ++b) {
      const auto counts =
          at::tensor({double(a), double(b), double(kDraws - a - b)}, at::kDouble).view({1, 3});
      EXPECT_TRUE(likelihood.is_distribution_of(counts));
      sum += std::exp(-likelihood.negative_log(logits, counts).item<double>());
    }
  EXPECT_NEAR(sum, 1, 1e-12);
  EXPECT_FALSE(likelihood.is_distribution_of(at::tensor({0.5, 1.0})));
  EXPECT_FALSE(likelihood.is_distribution_of(at::tensor({-1.0, 1.0})));
}

TEST(Multinomial, HasTheGradientAndTheCurvatureOfItsClosedForm) {
  const MultinomialLikelihood likelihood{{}};
  const auto logits = golden_logits().requires_grad_(), counts = golden_counts();
  const auto weights = at::tensor({1.0, -0.5, 2.0}, at::kDouble);
  const auto value = (likelihood.negative_log(logits, counts) * weights).sum();
  const auto closed = (at::softmax(logits, 1) * counts.sum(1, true) - counts) * weights.unsqueeze(1);
  const auto once = torch::autograd::grad({value}, {logits}, {}, /*retain_graph=*/true).front();
  EXPECT_TRUE(at::allclose(once, closed, 1e-12, 1e-12));
  const auto again = torch::autograd::grad({value}, {logits}, {}, true, /*create_graph=*/true).front();
  EXPECT_TRUE(at::allclose(again, closed, 1e-12, 1e-12));
  const auto direction = at::linspace(-1, 1, 15, at::kDouble).view({3, 5});
  EXPECT_TRUE(at::allclose(torch::autograd::grad({(again * direction).sum()}, {logits}).front(),
                           torch::autograd::grad({(closed * direction).sum()}, {logits}).front(), 1e-12,
                           1e-12));
}

TEST(Multinomial, DrawsAndExpectsASingleCount) {
  const MultinomialLikelihood likelihood{{}};
  const auto logits = golden_logits().to(at::kFloat);
  EXPECT_TRUE(at::allclose(likelihood.mean(logits), at::softmax(logits, 1)));
  const auto drawn = likelihood.draw(logits, {.seed = 3});
  EXPECT_TRUE(at::equal(drawn.sum(1), at::ones({3})));
  EXPECT_TRUE(((drawn == 0) | (drawn == 1)).all().item<bool>());
}

TEST(DenseBackbone, NormalizesWhatTheEncoderReads) {
  const auto made = [](bool normalized) {
    return DenseBackbone({.hidden = {7}, .normalize_input = normalized},
                         {.input = {5}, .code = 3, .seed = 2});
  };
  const auto plain = made(false), normalized = made(true);
  const auto x = at::tensor({3.F, 0.F, 4.F, 0.F, 0.F, 0.F, 0.F, 0.F, 0.F, 0.F}).view({2, 5});
  const auto unit = at::tensor({.6F, 0.F, .8F, 0.F, 0.F, 0.F, 0.F, 0.F, 0.F, 0.F}).view({2, 5});
  EXPECT_TRUE(at::allclose(normalized.encode(x, {}), plain.encode(unit, {})));
  EXPECT_TRUE(at::allclose(normalized.encode(10 * x, {}), plain.encode(unit, {})));
  EXPECT_TRUE(at::equal(normalized.target(x), x));
  EXPECT_EQ(normalized.dense_depth(), 0);  // it is not a chain of dense layers
  EXPECT_FALSE(normalized.layers().front().affine);
  EXPECT_TRUE(normalized.layers().back().affine);
}

TEST(DenseBackbone, DropsValuesOfTheNormalizedInputAndKeepsTheirExpectation) {
  const at::NoGradGuard no_grad;
  DenseBackbone backbone({.bias = false, .normalize_input = true, .input_dropout = 0.75},
                         {.input = {4}, .code = 4});
  backbone.named_parameters()["encoder_0.weight"].copy_(at::eye(4));
  constexpr std::int64_t kRows = 40000;
  const auto x = at::tensor({2.F, 2.F, 2.F, 2.F}).expand({kRows, 4});
  EXPECT_TRUE(at::allclose(backbone.encode(x, {}), at::full({kRows, 4}, 0.5)));
  const auto read = backbone.encode(x, {.seed = 1, .training = true});
  EXPECT_TRUE(((read == 0) | (read == 2)).all().item<bool>());  // .5 / (1 - .75)
  EXPECT_NEAR(read.mean().item<double>(), 0.5, 5 * std::sqrt(0.75 / kRows / 4));
}

}  // namespace
}  // namespace aelab
