#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace aelab {

// What can be said of numbers that were measured once a seed. Where too few numbers or no spread leave a
// quantity undefined, it is absent.

/// Of n numbers.
struct Summary {
  std::int64_t n = 0;
  double mean = 0;                   ///< NaN of none
  std::optional<double> deviation;   ///< standard deviation, divided by n - 1; from n = 2
  std::optional<double> half_width;  ///< of the 95 % t interval of the mean, mean +- half_width; from n = 2
  double least = 0, most = 0;

  std::optional<double> low() const;   ///< of that interval
  std::optional<double> high() const;  ///< of that interval
};
Summary summarize(std::span<const double> values);

/// Of the differences of n pairs, difference = value - baseline.
struct PairedTest {
  Summary difference;
  std::optional<double> t;           ///< mean / (deviation / sqrt n), n - 1 degrees of freedom; needs spread
  std::optional<double> p;           ///< two-sided
  std::optional<double> p_adjusted;  ///< by Holm, over the tests that were made together
  std::optional<double> effect;      ///< Cohen's d of pairs, mean / deviation
  /// Two-sided p of the exact Wilcoxon signed-rank test; from n = 6. Zeros are dropped, ties get their
  /// mid-rank and all 2^n signs are counted: SciPy's wilcoxon(zero_method="wilcox",
  /// method=PermutationMethod()), and where nothing is tied its method="exact".
  std::optional<double> wilcoxon_p;
};
/// Of as many values as baseline values, in the order of their seeds. p_adjusted is left open.
PairedTest paired_test(std::span<const double> values, std::span<const double> baseline);

/// Holm's step-down correction (Holm 1979) over the p values that are there: the i-th smallest of m times
/// m - i + 1, never less than those before it, at most 1.
std::vector<std::optional<double>> holm(std::span<const std::optional<double>> p);

}  // namespace aelab
