#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace aelab {

// Statistics of values that were measured once per seed. A quantity that too few values, or values without
// variance, leave undefined is absent.

/// Summary of n values.
struct Summary {
  std::int64_t n = 0;
  double mean = 0;                   ///< NaN when n = 0
  std::optional<double> deviation;   ///< sample standard deviation (divisor n - 1); from n = 2
  std::optional<double> half_width;  ///< 95 % CI half-width of the mean, by the t distribution; from n = 2
  double least = 0, most = 0;        ///< NaN when n = 0

  std::optional<double> low() const;   ///< mean - half_width
  std::optional<double> high() const;  ///< mean + half_width
};
Summary summarize(std::span<const double> values);

/// Metrics are computed in float32: values that differ by no more than this share of the largest absolute
/// value are equal up to rounding.
constexpr double kRounding = 1e-6;

/// Paired t test of n differences, difference = value - baseline. Differences whose standard deviation is at
/// most kRounding of the largest absolute value of both samples have no variance but that of rounding: they
/// are deterministic, and t, p, effect and wilcoxon_p are absent.
struct PairedTest {
  Summary difference;
  bool deterministic = false;        ///< n >= 2, and the differences do not vary beyond rounding
  bool equal = false;                ///< deterministic, and the mean difference is rounding, too
  std::optional<double> t;           ///< mean / (deviation / sqrt n), n - 1 degrees of freedom
  std::optional<double> p;           ///< two-sided
  std::optional<double> p_adjusted;  ///< corrected by Holm over the tests of one family
  std::optional<double> effect;      ///< Cohen's d of paired samples, mean / standard deviation
  /// Two-sided p of the exact Wilcoxon signed-rank test; from n = 6. Zeros are dropped, ties get their
  /// mid-rank and all 2^n signs are counted: SciPy's wilcoxon(zero_method="wilcox",
  /// method=PermutationMethod()) of rounded differences, and without ties its method="exact". Differences
  /// that are at most kRounding of the largest absolute value of both samples are zeros, and those whose
  /// absolute values differ by no more are ties.
  std::optional<double> wilcoxon_p;
};
/// Of two samples of equal size, paired by position. p_adjusted is left absent.
PairedTest paired_test(std::span<const double> values, std::span<const double> baseline);

/// The exact 95 % confidence interval of a probability, from `successes` of `trials` independent ones
/// (Clopper & Pearson 1934); trials is at least 1.
std::pair<double, double> binomial_interval(std::int64_t successes, std::int64_t trials);

/// Holm's step-down correction (Holm 1979) over the m p values that are present: the i-th smallest is
/// multiplied by m - i + 1, then raised to the largest before it, and is at most 1.
std::vector<std::optional<double>> holm(std::span<const std::optional<double>> p);

}  // namespace aelab
