#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

namespace aelab {

/// The Euclidean distances of rows, [n, d] and [m, d] -> [n, m] in float64, by differences: equal rows have
/// the distance 0.
at::Tensor row_distances(const at::Tensor& a, const at::Tensor& b);

/// How samples cover given rows and are covered by them, by balls around points that reach to their `k`-th
/// nearest other point and do not include it.
struct Coverage {
  double precision = 0;  ///< share of the samples in the ball of a row (Kynkaanniemi et al. 2019)
  double recall = 0;     ///< share of the rows in the ball of a sample (same)
  double density = 0;    ///< number of rows' balls that a sample is in, over k (Naeem et al. 2020)
  double coverage = 0;   ///< share of the rows whose ball has a sample in it (same)
};

/// Distances among rows [n, n], of rows from samples [n, m], and among samples [m, m]; n and m are above k.
Coverage coverage_of(const at::Tensor& rows, const at::Tensor& across, const at::Tensor& samples,
                     std::int64_t k);

/// A test of whether two sets of rows come from one distribution.
struct TwoSampleTest {
  double statistic = 0;  ///< the squared maximum mean discrepancy, by the unbiased estimate
  double p = 1;          ///< the probability of one as large where rows are dealt out to the sets by chance
};

/// By the maximum mean discrepancy with a Gaussian kernel exp(-|x - y|^2 / C), where C is the median of the
/// squared distances of different rows of both sets, and by permutations (Gretton et al. 2012). Takes
/// distances as coverage_of(). Nothing where the median is 0.
std::optional<TwoSampleTest> discrepancy_test(const at::Tensor& rows, const at::Tensor& across,
                                              const at::Tensor& samples, std::int64_t permutations,
                                              std::int64_t seed);

}  // namespace aelab
