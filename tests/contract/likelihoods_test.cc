// What every registered likelihood and corruption promises.

#include <gtest/gtest.h>

#include <cmath>

#include "tests/contract/contract.h"

namespace aelab {
namespace {

TEST(EveryLikelihood, ScoresEachRowAlone) {
  for_each_example<Likelihood>([](const Choice<Likelihood>& example) {
    const auto likelihood = example.make();
    const auto& input = input_of(example);
    const auto target = values_within(likelihood->support(), batch_of(5, input));
    const auto output = normal(batch_of(5, likelihood->output_shape(input)));
    const auto scores = likelihood->negative_log(output, target);
    ASSERT_EQ(scores.sizes(), at::IntArrayRef{5});
    EXPECT_TRUE(at::allclose(scores.slice(0, 2, 3),
                             likelihood->negative_log(output.slice(0, 2, 3), target.slice(0, 2, 3))));
    EXPECT_EQ(likelihood->mean(output).sizes(), target.sizes());
    EXPECT_EQ(likelihood->mean_is_output(), at::equal(likelihood->mean(output), output));
  });
}

TEST(EveryLikelihood, IsBestWhereTheMeanIsTheTargetIfThatIsAllThereIs) {
  int tried = 0;
  for_each_example<Likelihood>([&](const Choice<Likelihood>& example) {
    const auto likelihood = example.make();
    const auto& input = input_of(example);
    if (likelihood->output_shape(input) != input) return;  // it has more parameters than means
    ++tried;
    const auto output = normal(batch_of(50, input));
    const auto target = likelihood->mean(output);
    const auto best = likelihood->negative_log(output, target);
    for (const double far : {1e-2, 1.0, 30.0}) {
      const auto moved = output + far * normal(batch_of(50, input), 1);
      EXPECT_TRUE((likelihood->negative_log(moved, target) > best).all().item<bool>()) << far;
    }
  });
  EXPECT_GT(tried, 0);
}

TEST(EveryLikelihood, HasAMeanWithinItsSupport) {
  for_each_example<Likelihood>([](const Choice<Likelihood>& example) {
    const auto likelihood = example.make();
    const auto& input = input_of(example);
    for (const double size : {0.0, 1.0, 100.0}) {
      const auto output = size * normal(batch_of(20, likelihood->output_shape(input)));
      const auto mean = likelihood->mean(output.to(at::kFloat));
      EXPECT_TRUE(likelihood->support().allow(mean.min().item<double>())) << size;
      EXPECT_TRUE(likelihood->support().allow(mean.max().item<double>())) << size;
    }
  });
}

TEST(EveryLikelihood, DrawsRowsOfItsMeanAndEachFromItsOwnNoise) {
  constexpr std::int64_t kDraws = 4000;
  for_each_example<Likelihood>([](const Choice<Likelihood>& example) {
    const at::NoGradGuard no_grad;
    const auto likelihood = example.make();
    const auto& input = input_of(example);
    const auto output = normal(batch_of(1, likelihood->output_shape(input))).to(at::kFloat);
    const auto draws = likelihood->draw(repeated(output, kDraws), {.seed = 5});
    EXPECT_TRUE(likelihood->support().allow(draws.min().item<double>()));
    EXPECT_TRUE(likelihood->support().allow(draws.max().item<double>()));
    const auto error = (draws.mean(0) - likelihood->mean(output)[0]).abs();
    EXPECT_TRUE((error < 5 * draws.std(0) / std::sqrt(kDraws)).all().item<bool>()) << error.max();
    const auto alone = likelihood->draw(output, {.seed = 5, .rows = at::tensor({7}, at::kLong)});
    EXPECT_TRUE(at::equal(alone[0], draws[7]));
    EXPECT_FALSE(at::equal(alone, likelihood->draw(output, {.seed = 6, .rows = at::tensor({7}, at::kLong)})));
  });
}

TEST(EveryLikelihood, StaysFiniteAndHasTheGradientsOfItsValues) {
  for_each_example<Likelihood>([](const Choice<Likelihood>& example) {
    const auto likelihood = example.make();
    const auto& input = input_of(example);
    const auto target = values_within(likelihood->support(), batch_of(2, input));
    const auto output = normal(batch_of(2, likelihood->output_shape(input))).requires_grad_();
    const auto score = [&] { return likelihood->negative_log(output, target).sum(); };
    EXPECT_LT(gradient_error(score, {output}, 30), kGradientTolerance);
    const auto extreme =
        likelihood->negative_log(1000 * output.detach().to(at::kFloat), target.to(at::kFloat));
    EXPECT_TRUE(extreme.isfinite().all().item<bool>());
  });
}

TEST(EveryCorruption, LeavesItsInputAndDependsOnThePositionAlone) {
  for_each_example<Corruption>([](const Choice<Corruption>& example) {
    const auto corruption = example.make();
    const auto x = values_within(between(0, 1), batch_of(6, kImage)).to(at::kFloat);
    const auto before = x.clone();
    const auto step = some_step();
    const auto noisy = corruption->corrupt(x, step).clone();
    EXPECT_TRUE(same_bits(x, before));
    EXPECT_EQ(noisy.sizes(), x.sizes());
    EXPECT_EQ(noisy.scalar_type(), x.scalar_type());
    EXPECT_TRUE(noisy.isfinite().all().item<bool>());
    at::rand({10});  // the global generator plays no part
    EXPECT_TRUE(same_bits(corruption->corrupt(x, step), noisy));
    EXPECT_TRUE(same_bits(example.make()->corrupt(x, step), noisy));
    auto elsewhere = step;  // in another batch of the same pass
    ++elsewhere.at.batch;
    EXPECT_TRUE(same_bits(corruption->corrupt(x, elsewhere), noisy));
    elsewhere.rows = at::tensor({4, 1}, at::kLong);
    const auto some = x.index_select(0, elsewhere.rows);
    EXPECT_TRUE(same_bits(corruption->corrupt(some, elsewhere), noisy.index_select(0, elsewhere.rows)));
    auto later = step;
    ++later.at.epoch;
    EXPECT_EQ(same_bits(noisy, x), !corruption->changes_input());
    EXPECT_EQ(same_bits(corruption->corrupt(x, later), noisy), !corruption->changes_input());
  });
}

}  // namespace
}  // namespace aelab
