#include "aelab/evaluation/ranking.h"

#include <gtest/gtest.h>

#include <cmath>

#include "aelab/evaluation/delong.h"

namespace aelab {
namespace {

struct Rows {
  std::vector<double> scores;
  std::vector<std::uint8_t> strange;

  Ranking ranking(double rate) const { return {scores, strange, rate}; }
};

/// Scores with many ties; with a negative strangeness strange rows have the lower ones.
Rows tied(int rows, int levels, int strangeness) {
  Rows made;
  for (int row = 0; row < rows; ++row) {
    made.strange.push_back((row * row + 3 * row) % 7 == 0 ? 1 : 0);
    made.scores.push_back((row * 37) % levels + strangeness * made.strange.back());
  }
  return made;
}

TEST(Ranking, HasScikitLearnsNumbersWhereScoresAreTied) {
  struct Golden {
    int rows, levels, strangeness;
    double auc, average_precision, at_n, at_a_tenth, at_a_quarter, at_all, f1;
  };
  // By reference_anomaly.py, with scikit-learn 1.9.1; precision at n by its definition.
  const Golden all[] = {
      {60, 11, 4, 0.7496580027359782, 0.5989424605811698, 0.4705882352941176, 0.6551083591331269,
       0.6611539964823139, 0.7496580027359782, 0.5396825396825397},
      {200, 97, 20, 0.6607164765059502, 0.4987223051728417, 0.4152046783625731, 0.5794800767099936,
       0.5974595579858738, 0.6607164765059502, 0.504424778761062},
      {45, 3, 1, 0.748798076923077, 0.580104106419896, 0.4923076923076923, 0.6591829223408171,
       0.6683316683316683, 0.748798076923077, 0.5416666666666666},
      {300, 299, -60, 0.3200934579439252, 0.2076018295509453, 0.1511627906976744, 0.4736842105263158,
       0.4313192784177353, 0.3200934579439252, 0.4455958549222798},
  };
  for (const auto& golden : all) {
    const auto rows = tied(golden.rows, golden.levels, golden.strangeness);
    const auto measured = rows.ranking(0.1).quality();
    EXPECT_NEAR(*measured.auc, golden.auc, 1e-12);
    EXPECT_NEAR(*measured.average_precision, golden.average_precision, 1e-12);
    EXPECT_NEAR(*measured.precision_at_n, golden.at_n, 1e-12);
    EXPECT_NEAR(*measured.partial_auc, golden.at_a_tenth, 1e-12);
    EXPECT_NEAR(*rows.ranking(0.25).quality().partial_auc, golden.at_a_quarter, 1e-12);
    EXPECT_NEAR(*rows.ranking(1).quality().partial_auc, golden.at_all, 1e-12);
    EXPECT_NEAR(*measured.best_f1, golden.f1, 1e-12);
  }
}

TEST(Ranking, IsPerfectOrChanceWhereItShouldBe) {
  const Rows perfect = {{1, 2, 3, 4}, {0, 0, 1, 1}};
  for (const auto& value : perfect.ranking(0.2).quality().values()) EXPECT_DOUBLE_EQ(*value, 1);
  const Rows equal = {{5, 5, 5, 5}, {0, 1, 0, 0}};
  const auto chance = equal.ranking(0.5).quality();
  EXPECT_DOUBLE_EQ(*chance.auc, 0.5);
  EXPECT_DOUBLE_EQ(*chance.partial_auc, 0.5);
  EXPECT_DOUBLE_EQ(*chance.average_precision, 0.25);
  EXPECT_DOUBLE_EQ(*chance.precision_at_n, 0.25);
  EXPECT_DOUBLE_EQ(*chance.best_f1, 0.4);  // all four are called strange: precision 1/4, recall 1
}

TEST(Ranking, IsAbsentWithoutBothSides) {
  for (const auto& rows : {Rows{{1, 2}, {0, 0}}, Rows{{1, 2}, {1, 1}}, Rows{}}) {
    for (const auto& value : rows.ranking(0.1).quality().values()) EXPECT_FALSE(value);
    EXPECT_FALSE(rows.ranking(0.1).intervals(10, 1));
  }
}

TEST(Ranking, FindsTheThresholdOfTheLargestF1) {
  const Rows rows = {{1, 2, 3, 4, 5}, {0, 1, 0, 1, 1}};
  // From 5 on F1 is 1/2, from 4 on 4/5, from 3 on 2/3, from 2 on 6/7.
  EXPECT_EQ(rows.ranking(0.1).threshold_of_best_f1(), 2);
  EXPECT_DOUBLE_EQ(*rows.ranking(0.1).quality().best_f1, 6.0 / 7);
}

TEST(Ranking, GivesItsCurvesAtAGrid) {
  const Rows rows = {{1, 2, 3, 3, 4, 5}, {0, 1, 0, 1, 0, 1}};
  // By (false, true) positive rates the ROC curve goes (0, 0), (0, 1/3), (1/3, 1/3), (2/3, 2/3), (2/3, 1),
  // (1, 1).
  const auto found = rows.ranking(1).found_at_grid();
  EXPECT_DOUBLE_EQ(found[0], 1.0 / 3);
  EXPECT_NEAR(found[33], 1.0 / 3, 1e-9);
  EXPECT_NEAR(found[50], 0.5, 1e-9);
  EXPECT_NEAR(found[67], 1, 1e-9);
  EXPECT_DOUBLE_EQ(found[100], 1);
  // With the highest score 1 of 1 is strange, with the four highest 2 of 4, with the five highest 3 of 5.
  const auto precision = rows.ranking(1).precision_at_grid();
  EXPECT_DOUBLE_EQ(precision[0], 1);
  EXPECT_DOUBLE_EQ(precision[33], 1);
  EXPECT_DOUBLE_EQ(precision[34], 0.6);
  EXPECT_DOUBLE_EQ(precision[100], 0.6);
}

TEST(Ranking, BootstrapsIntervalsOfTheWidthThatDeLongGives) {
  const auto rows = tied(200, 97, 20);
  const auto ranking = rows.ranking(0.1);
  const auto intervals = *ranking.intervals(4000, 3);
  const auto again = *ranking.intervals(4000, 3);
  EXPECT_EQ(intervals.of_values, again.of_values);
  EXPECT_NE(intervals.of_values, ranking.intervals(4000, 4)->of_values);
  const auto error = delong_test(rows.scores, rows.scores, rows.strange)->first_error;
  const auto [low, high] = intervals.of_values[0];
  EXPECT_NEAR((high - low) / (2 * 1.96 * error), 1, 0.06);
  const auto values = ranking.quality().values();
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_LT(intervals.of_values[i].first, *values[i]);
    EXPECT_GT(intervals.of_values[i].second, *values[i]);
  }
  const auto found = ranking.found_at_grid();
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_LE(intervals.found[i].first, found[i] + 1e-12);
    EXPECT_GE(intervals.found[i].second, found[i] - 1e-12);
  }
}

TEST(DeLong, IsThatOfAComputationByHand) {
  // Strange rows first. Of the first score they are above 4, 3, 2 of the 4 normal rows, and these are below
  // 1, 2, 3, 3 of the strange ones: the variance of the area 3/4 is (1/16)/3 + (44/432)/4 = 5/108. Of the
  // second they are above 4, 1, 3.5, and the normal rows below 2, 1.5, 3, 2: 17/24, of variance 7/108. The
  // covariance is (1/64)/3 + (35/1080)/4 = 23/1728, and the variance of the difference 73/864.
  const std::vector<double> first = {0.9, 0.6, 0.4, 0.7, 0.5, 0.3, 0.1},
                            second = {0.8, 0.2, 0.7, 0.6, 0.7, 0.1, 0.3};
  const std::vector<std::uint8_t> strange = {1, 1, 1, 0, 0, 0, 0};
  const auto test = *delong_test(first, second, strange);
  EXPECT_NEAR(test.first, 0.75, 1e-12);
  EXPECT_NEAR(test.second, 17.0 / 24, 1e-12);
  EXPECT_NEAR(test.first_error, std::sqrt(5.0 / 108), 1e-12);
  EXPECT_NEAR(test.second_error, std::sqrt(7.0 / 108), 1e-12);
  EXPECT_NEAR(test.error, std::sqrt(73.0 / 864), 1e-12);
  EXPECT_NEAR(*test.z, std::sqrt(864.0 / 73) / 24, 1e-12);
  EXPECT_NEAR(*test.p, std::erfc(std::sqrt(864.0 / 146) / 24), 1e-12);
}

TEST(DeLong, IsThatOfAllPairsOfRows) {
  // By reference_anomaly.py: both areas, the first one's error, the error of the difference, z and p.
  const auto few = tied(60, 11, 4), other = tied(60, 97, 20);
  const auto test = *delong_test(few.scores, other.scores, few.strange);
  const double expected[] = {0.749658002735978,   0.594391244870041, 0.06755939331700575,
                             0.09740740113648458, 1.593993434322116, 0.1109375054777509};
  const double found[] = {test.first, test.second, test.first_error, test.error, *test.z, *test.p};
  for (int i = 0; i < 6; ++i) EXPECT_NEAR(found[i], expected[i], 1e-10);
}

TEST(DeLong, HasNoPWhereScoresRankAlike) {
  const auto rows = tied(60, 11, 4);
  auto doubled = rows.scores;
  for (auto& score : doubled) score *= 2;
  const auto test = *delong_test(rows.scores, doubled, rows.strange);
  EXPECT_EQ(test.difference, 0);
  EXPECT_FALSE(test.p);
  EXPECT_FALSE(delong_test(std::vector<double>{1, 2, 3}, std::vector<double>{1, 2, 3},
                           std::vector<std::uint8_t>{1, 0, 0}));
}

}  // namespace
}  // namespace aelab
