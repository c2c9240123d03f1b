#include <gtest/gtest.h>

#include <cmath>

#include "aelab/nn/mmd_penalty.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

Tensor gaussian_rows(std::int64_t rows, double mean, double deviation, std::int64_t seed) {
  auto random = fixed_generator(seed);
  return at::empty({rows, 2}, at::kDouble).normal_(mean, deviation, random);
}

/// E exp(-|x - y|^2 / c) where x - y has two independent dimensions of this mean and variance.
double expected_rbf(double mean, double variance, double c) {
  const double spread = 1 + 2 * variance / c;
  return std::pow(std::exp(-mean * mean / (c * spread)) / std::sqrt(spread), 2);
}

TEST(SquaredMmd, MeetsTheClosedFormOfTwoGaussians) {
  constexpr std::int64_t kRows = 4000;
  const double mean = 0.7, deviation = 1.5, scale = 0.5, c = 2 * 2 * 1 * scale;
  const double expected = expected_rbf(0, 2, c) + expected_rbf(0, 2 * deviation * deviation, c) -
                          2 * expected_rbf(mean, 1 + deviation * deviation, c);
  const auto estimate = squared_mmd(MmdKernel::rbf, gaussian_rows(kRows, 0, 1, 1),
                                    gaussian_rows(kRows, mean, deviation, 2), 1, {scale});
  EXPECT_NEAR(estimate.item<double>(), expected, 0.01);
  EXPECT_GT(expected, 0.05);
}

TEST(SquaredMmd, IsUnbiasedForSmallSamplesOfOneDistribution) {
  // With the kernel of each row with itself it would be about 2 / 5 above 0.
  constexpr int kTries = 2000;
  double sum = 0, squares = 0;
  for (int i = 0; i < kTries; ++i) {
    const auto one = squared_mmd(MmdKernel::inverse_multiquadratic, gaussian_rows(5, 0, 1, 2 * i),
                                 gaussian_rows(5, 0, 1, 2 * i + 1), 1, {1.0})
                         .item<double>();
    sum += one;
    squares += one * one;
  }
  const double mean = sum / kTries, error = std::sqrt((squares / kTries - mean * mean) / kTries);
  EXPECT_LT(std::abs(mean), 4 * error);
  EXPECT_LT(error, 0.01);
}

TEST(SquaredMmd, IsTheSumOverPairsByHand) {
  const auto x = at::tensor({0.0, 1.0, 3.0}, at::kDouble).unsqueeze(1);
  const auto y = at::tensor({0.5, 2.0}, at::kDouble).unsqueeze(1);
  const auto k = [](double a, double b) {  // two scales, one dimension, deviation 2: C = 8 and 16
    const double d = (a - b) * (a - b);
    return 8 / (8 + d) + 16 / (16 + d);
  };
  const double within_x = (k(0, 1) + k(0, 3) + k(1, 3)) / 3, within_y = k(0.5, 2);
  double across = 0;
  for (const double a : {0.0, 1.0, 3.0})
    for (const double b : {0.5, 2.0}) across += k(a, b) / 6;
  EXPECT_NEAR(squared_mmd(MmdKernel::inverse_multiquadratic, x, y, 2, {1, 2}).item<double>(),
              within_x + within_y - 2 * across, 1e-12);
  EXPECT_EQ(squared_mmd(MmdKernel::rbf, x.slice(0, 0, 1), y, 1, {1}).item<double>(), 0);
}

}  // namespace
}  // namespace aelab
