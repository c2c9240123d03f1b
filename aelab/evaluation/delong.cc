#include "aelab/evaluation/delong.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace aelab {
namespace {

/// Ranks from 1 in ascending order; equal values have the mean of their ranks.
std::vector<double> mid_ranks(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t begin = 0; begin < order.size();) {
    auto end = begin;
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    for (auto i = begin; i < end; ++i) ranks[order[i]] = 0.5 * static_cast<double>(begin + end + 1);
    begin = end;
  }
  return ranks;
}

/// The share of rows of the other side that each row is on the right side of; ties count half.
struct Placements {
  std::vector<double> strange, normal;
  double area = 0;
};

Placements placements(std::span<const double> scores, std::span<const std::uint8_t> strange) {
  std::vector<double> x, y;
  for (std::size_t i = 0; i < scores.size(); ++i) (strange[i] ? x : y).push_back(scores[i]);
  auto all = x;
  all.insert(all.end(), y.begin(), y.end());
  const auto whole = mid_ranks(all), of_x = mid_ranks(x), of_y = mid_ranks(y);
  const auto m = static_cast<double>(x.size()), n = static_cast<double>(y.size());
  Placements found;
  for (std::size_t i = 0; i < x.size(); ++i) found.strange.push_back((whole[i] - of_x[i]) / n);
  for (std::size_t j = 0; j < y.size(); ++j) found.normal.push_back(1 - (whole[x.size() + j] - of_y[j]) / m);
  found.area = std::accumulate(found.strange.begin(), found.strange.end(), 0.0) / m;
  return found;
}

/// Divisor n - 1.
double covariance(const std::vector<double>& a, const std::vector<double>& b) {
  const auto n = static_cast<double>(a.size());
  const double mean_a = std::accumulate(a.begin(), a.end(), 0.0) / n,
               mean_b = std::accumulate(b.begin(), b.end(), 0.0) / n;
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - mean_a) * (b[i] - mean_b);
  return sum / (n - 1);
}

/// Of two areas.
double covariance(const Placements& a, const Placements& b) {
  return covariance(a.strange, b.strange) / static_cast<double>(a.strange.size()) +
         covariance(a.normal, b.normal) / static_cast<double>(a.normal.size());
}

}  // namespace

std::optional<DeLongTest> delong_test(std::span<const double> first, std::span<const double> second,
                                      std::span<const std::uint8_t> strange) {
  constexpr double kRoundingOfVariance = 1e-14;
  const auto a = placements(first, strange), b = placements(second, strange);
  if (a.strange.size() < 2 || a.normal.size() < 2) return {};
  const double of_a = covariance(a, a), of_b = covariance(b, b);
  DeLongTest test{.first = a.area,
                  .second = b.area,
                  .first_error = std::sqrt(of_a),
                  .second_error = std::sqrt(of_b),
                  .difference = a.area - b.area,
                  .z = {},
                  .p = {}};
  const double variance = of_a + of_b - 2 * covariance(a, b);
  if (variance <= kRoundingOfVariance) return test;
  test.error = std::sqrt(variance);
  test.z = test.difference / test.error;
  test.p = std::erfc(std::abs(*test.z) / std::sqrt(2.0));
  return test;
}

}  // namespace aelab
