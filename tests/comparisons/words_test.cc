// How a comparison writes its numbers.

#include "aelab/comparisons/words.h"

#include <gtest/gtest.h>

namespace aelab {
namespace {

Summary summary(double mean, std::optional<double> half_width) {
  return {.n = 3, .mean = mean, .deviation = {}, .half_width = half_width};
}

TEST(Words, ProbabilitiesHaveTwoDigitsAndNoZeroBeforeThePoint) {
  EXPECT_EQ(probability(.5), "= .5");
  EXPECT_EQ(probability(.0456), "= .046");
  EXPECT_EQ(probability(.00052), "= .00052");
  EXPECT_EQ(probability(.0001), "= .0001");
  EXPECT_EQ(probability(.0000999), "< .0001");
  EXPECT_EQ(probability(1), "= 1");
}

TEST(Words, MeansHaveFourDigitsAndTheirErrorsTwo) {
  EXPECT_EQ(number(.0123456), "0.01235");
  EXPECT_EQ(number(std::optional<double>()), "-");
  EXPECT_EQ(plus_minus(summary(.0123456, .000456)), "0.01235 ± 0.00046");
  EXPECT_EQ(plus_minus(summary(1234.4, 56.7)), "1234 ± 57");
  EXPECT_EQ(plus_minus(summary(123456, 1267)), "123500 ± 1300") << "to the second digit of the error";
  EXPECT_EQ(plus_minus(summary(7, {})), "7");
  EXPECT_EQ(interval(summary(2, .5)), "[1.5, 2.5]");
  EXPECT_EQ(interval(summary(2, {})), "-");
}

TEST(Words, ListsNameFiveAtMost) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(counted(1, "seed"), "1 seed");
  EXPECT_EQ(counted(0, "seed"), "0 seeds");
  EXPECT_EQ(listed(Names{"a"}), "a");
  EXPECT_EQ(listed(Names{"a", "b"}), "a and b");
  EXPECT_EQ(listed(Names{"a", "b", "c", "d", "e"}), "a, b, c, d and e");
  EXPECT_EQ(listed(Names{"a", "b", "c", "d", "e", "f"}), "a, b, c, d and 2 others");
}

}  // namespace
}  // namespace aelab
