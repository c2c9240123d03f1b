#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace aelab {

/// The test of DeLong, DeLong & Clarke-Pearson 1988 of whether two scores of the same rows have equal areas
/// under their ROC curves, by the algorithm of Sun & Xu 2014. Each area is the mean over pairs of a strange
/// and a normal row, and its variance follows from the means of each row over its pairs.
struct DeLongTest {
  double first = 0, second = 0;  ///< the areas
  double first_error = 0;        ///< standard error of the first
  double second_error = 0;
  double difference = 0;    ///< first - second
  double error = 0;         ///< standard error of the difference
  std::optional<double> z;  ///< difference / error; absent where the error is 0
  std::optional<double> p;  ///< two-sided, by the normal distribution
};

/// `strange` has a value other than 0 for strange rows. Nothing unless there are two strange and two normal
/// rows at least.
std::optional<DeLongTest> delong_test(std::span<const double> first, std::span<const double> second,
                                      std::span<const std::uint8_t> strange);

}  // namespace aelab
