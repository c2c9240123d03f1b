#include "aelab/evaluation/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace aelab {
namespace {

using Values = std::vector<double>;

TEST(Statistics, SummaryOfFewNumbers) {
  // Mean of 1, 2, 4, 5 is 3, the deviation sqrt(10 / 3); the 97.5 % quantile of t with 3 degrees of freedom
  // is 3.182446 (tables).
  const auto summary = summarize(Values{1, 2, 4, 5});
  EXPECT_EQ(summary.n, 4);
  EXPECT_DOUBLE_EQ(summary.mean, 3);
  EXPECT_NEAR(*summary.deviation, std::sqrt(10.0 / 3), 1e-12);
  EXPECT_NEAR(*summary.half_width, 3.182446 * std::sqrt(10.0 / 3) / 2, 1e-5);
  EXPECT_EQ(summary.least, 1);
  EXPECT_EQ(summary.most, 5);
}

TEST(Statistics, OneNumberHasNoSpread) {
  const auto summary = summarize(Values{7});
  EXPECT_EQ(summary.mean, 7);
  EXPECT_FALSE(summary.deviation);
  EXPECT_FALSE(summary.half_width);
  const auto test = paired_test(Values{7}, Values{5});
  EXPECT_EQ(test.difference.mean, 2);
  EXPECT_FALSE(test.p);
  EXPECT_EQ(summarize(Values{}).n, 0);
  EXPECT_TRUE(std::isnan(summarize(Values{}).mean));
}

TEST(Statistics, PairedTest) {
  // Differences 1, 2, 3: mean 2, deviation 1, t = 2 sqrt 3, and with 2 degrees of freedom
  // p = 1 - t / sqrt(t^2 + 2) = 1 - sqrt(12 / 14).
  const auto test = paired_test(Values{2, 4, 6}, Values{1, 2, 3});
  EXPECT_NEAR(*test.t, 2 * std::sqrt(3.0), 1e-12);
  EXPECT_NEAR(*test.p, 1 - std::sqrt(12.0 / 14), 1e-12);
  EXPECT_DOUBLE_EQ(*test.effect, 2);
  EXPECT_FALSE(test.wilcoxon_p);
  EXPECT_FALSE(paired_test(Values{2, 3}, Values{1, 2}).p) << "equal differences have no spread";
}

TEST(Statistics, ExactWilcoxon) {
  const auto p = [](const Values& differences) {
    return paired_test(differences, Values(differences.size(), 0.0)).wilcoxon_p;
  };
  // All six positive: one of 64 choices of signs reaches that sum, one its mirror image.
  EXPECT_DOUBLE_EQ(*p({1, 2, 3, 4, 5, 6}), 2.0 / 64);
  // The negative ranks' sum is 1 or less in 2 of 64.
  EXPECT_DOUBLE_EQ(*p({-1, 2, 3, 4, 5, 6}), 4.0 / 64);
  // A zero is dropped: five left, all positive.
  EXPECT_DOUBLE_EQ(*p({0, 2, 3, 4, 5, 6}), 2.0 / 32);
  // Ranks 1 to 5 are left, the first one negative: the sum is 1 or less in 2 of 32.
  EXPECT_DOUBLE_EQ(*p({0, -1, 2, 3, 4, 5}), 4.0 / 32);
  // Ties: ranks 1.5, 1.5, 3, 4, 5, 6; the negative sum is 1.5 or less in 3 of 64.
  EXPECT_DOUBLE_EQ(*p({-1, 1, 3, 4, 5, 6}), 6.0 / 64);
  EXPECT_FALSE(p({1, 2, 3, 4, 5}));
  EXPECT_FALSE(p({0, 0, 0, 0, 0, 0}));
}

/// The two-sided p of whole numbers, counted over all choices of signs with integer ranks.
double counted_wilcoxon(std::vector<int> differences) {
  std::erase(differences, 0);
  const auto n = differences.size();
  std::vector<int> ranks(n);  // doubled
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      if (std::abs(differences[j]) < std::abs(differences[i])) ranks[i] += 2;
      if (std::abs(differences[j]) == std::abs(differences[i])) ranks[i] += j == i ? 2 : 1;
    }
  const auto sum_where = [&](auto is_positive) {
    int sum = 0;
    for (std::size_t i = 0; i < n; ++i)
      if (is_positive(i)) sum += ranks[i];
    return sum;
  };
  const int observed = sum_where([&](std::size_t i) { return differences[i] > 0; });
  double at_most = 0, at_least = 0;
  for (std::size_t signs = 0; signs < std::size_t{1} << n; ++signs) {
    const int sum = sum_where([&](std::size_t i) { return (signs >> i) & 1; });
    at_most += sum <= observed;
    at_least += sum >= observed;
  }
  return std::min(1.0, 2 * std::min(at_most, at_least) / static_cast<double>(std::size_t{1} << n));
}

TEST(Statistics, ExactWilcoxonSeesTiesThatDifferByRounding) {
  // Accuracies k/48 of eight seeds: their differences are multiples of 1/48 up to rounding.
  std::mt19937 random(1);
  const auto drawn = [&](int low) { return low + static_cast<int>(random() % 12); };
  for (const double offset : {0.0, 1e4}) {
    for (int trial = 0; trial < 200; ++trial) {
      Values values, baseline;
      std::vector<int> differences;
      for (int seed = 0; seed < 8; ++seed) {
        const int a = drawn(36), b = drawn(34);
        values.push_back(a / 48.0 + offset);
        baseline.push_back(b / 48.0 + offset);
        differences.push_back(a - b);
      }
      const auto test = paired_test(values, baseline);
      if (test.deterministic) continue;
      EXPECT_DOUBLE_EQ(*test.wilcoxon_p, counted_wilcoxon(differences)) << trial;
    }
  }
}

TEST(Statistics, ExactWilcoxonDropsWhatIsZeroUpToRounding) {
  // 0.1 + 0.2 and 0.3 differ by 6e-17: five differences are left, all positive.
  EXPECT_DOUBLE_EQ(*paired_test(Values{0.1 + 0.2, 2, 3, 4, 5, 6}, Values{0.3, 1, 1, 1, 1, 1}).wilcoxon_p,
                   2.0 / 32);
}

TEST(Statistics, HolmStepsDown) {
  // Of three: .01 * 3, then .02 * 2, then .03 * 1 raised to the one before; what is absent is passed over.
  const auto adjusted = holm(std::vector<std::optional<double>>{0.03, std::nullopt, 0.01, 0.02});
  EXPECT_DOUBLE_EQ(*adjusted[2], 0.03);
  EXPECT_DOUBLE_EQ(*adjusted[3], 0.04);
  EXPECT_DOUBLE_EQ(*adjusted[0], 0.04);
  EXPECT_FALSE(adjusted[1]);
  EXPECT_DOUBLE_EQ(*holm(std::vector<std::optional<double>>{0.6, 0.9})[0], 1.0);
}

TEST(Statistics, BinomialIntervalsAreExact) {
  // SciPy 1.17: binomtest(5, 10).proportion_ci(method="exact"); at the ends by (1 - p)^n = .025.
  const auto half = binomial_interval(5, 10), none = binomial_interval(0, 10),
             all = binomial_interval(10, 10);
  EXPECT_NEAR(half.first, 0.18708603, 1e-8);
  EXPECT_NEAR(half.second, 0.81291397, 1e-8);
  EXPECT_EQ(none.first, 0);
  EXPECT_NEAR(none.second, 1 - std::pow(0.025, 0.1), 1e-12);
  EXPECT_NEAR(all.first, std::pow(0.025, 0.1), 1e-12);
  EXPECT_EQ(all.second, 1);
}

TEST(Statistics, WilcoxonsRankOfEqualDifferencesIsTheMeanOfTheirRanks) {
  // Ranks 1.5, 1.5, 3, 4, 5, 6, the negative one 4. Sums of at most 4: none, 1.5 twice, 1.5 + 1.5, 3, 4.
  const auto p = paired_test(Values{1, 1, 3, -4, 5, 6}, Values(6, 0.0)).wilcoxon_p;
  EXPECT_DOUBLE_EQ(*p, 2 * 6.0 / 64);
}

TEST(Statistics, RoundingIsRelativeToTheValues) {
  // Of values about `unit`, differences of 1 to 3 in a hundred million are rounding, of 1 to 3 in a hundred
  // are not: mean 2, deviation 1 of a hundredth, so that p is that of 1, 2, 3.
  for (const double unit : {1e-9, 1., 1e9}) {
    const auto test = [&](double offset, double size) {
      return paired_test(
          Values{unit * (1 + offset + size), unit * (2 + offset + 2 * size), unit * (3 + offset + 3 * size)},
          Values{unit, 2 * unit, 3 * unit});
    };
    EXPECT_TRUE(test(0, 1e-8).deterministic && test(0, 1e-8).equal) << unit;
    EXPECT_FALSE(test(0, 1e-8).p) << unit;
    EXPECT_TRUE(test(0.5, 1e-8).deterministic) << unit;
    EXPECT_FALSE(test(0.5, 1e-8).equal) << unit;
    EXPECT_FALSE(test(0, 1e-2).deterministic || test(0, 1e-2).equal) << unit;
    EXPECT_NEAR(*test(0, 1e-2).p, 1 - std::sqrt(12.0 / 14), 1e-6) << unit;
  }
}

}  // namespace
}  // namespace aelab
