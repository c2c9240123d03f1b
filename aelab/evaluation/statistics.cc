#include "aelab/evaluation/statistics.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

namespace aelab {
namespace {

constexpr double kConfidence = 0.95;
constexpr std::int64_t kLeastForWilcoxon = 6;  // below, no result can reach p < .05

/// Twice the mid-ranks of |differences|, where those that differ by no more than `rounding` are tied: whole
/// numbers, whose sum does not depend on the ties.
std::vector<std::int64_t> doubled_ranks(const std::vector<double>& differences, double rounding) {
  std::vector<std::int64_t> ranks;
  for (const double a : differences) {
    std::int64_t less = 0, equal = 0;
    for (const double b : differences) {
      const double larger_by = std::abs(a) - std::abs(b);
      less += larger_by > rounding;
      equal += std::abs(larger_by) <= rounding;
    }
    ranks.push_back(2 * less + equal + 1);
  }
  return ranks;
}

/// The share of the 2^n choices of signs that give each sum of the positive ranks.
std::map<std::int64_t, double> signed_rank_distribution(const std::vector<std::int64_t>& ranks) {
  std::map<std::int64_t, double> shares = {{0, 1.0}};
  for (const auto rank : ranks) {
    std::map<std::int64_t, double> next;
    for (const auto& [sum, share] : shares) {
      next[sum] += share / 2;
      next[sum + rank] += share / 2;
    }
    shares = std::move(next);
  }
  return shares;
}

std::optional<double> wilcoxon(std::vector<double> differences, double rounding) {
  if (static_cast<std::int64_t>(differences.size()) < kLeastForWilcoxon) return {};
  std::erase_if(differences, [&](double difference) { return std::abs(difference) <= rounding; });
  if (differences.empty()) return {};
  const auto ranks = doubled_ranks(differences, rounding);
  std::int64_t positive = 0;
  for (std::size_t i = 0; i < ranks.size(); ++i)
    if (differences[i] > 0) positive += ranks[i];
  double at_most = 0, at_least = 0;
  for (const auto& [sum, share] : signed_rank_distribution(ranks)) {
    if (sum <= positive) at_most += share;
    if (sum >= positive) at_least += share;
  }
  return std::min(1.0, 2 * std::min(at_most, at_least));
}

}  // namespace

std::optional<double> Summary::low() const {
  return half_width ? std::optional(mean - *half_width) : std::nullopt;
}

std::optional<double> Summary::high() const {
  return half_width ? std::optional(mean + *half_width) : std::nullopt;
}

Summary summarize(std::span<const double> values) {
  Summary summary{.n = static_cast<std::int64_t>(values.size()), .deviation = {}, .half_width = {}};
  if (values.empty()) {
    summary.mean = summary.least = summary.most = std::numeric_limits<double>::quiet_NaN();
    return summary;
  }
  const auto n = static_cast<double>(values.size());
  summary.mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  summary.least = *least;
  summary.most = *most;
  if (values.size() < 2) return summary;
  double squares = 0;
  for (const double value : values) squares += (value - summary.mean) * (value - summary.mean);
  summary.deviation = std::sqrt(squares / (n - 1));
  const boost::math::students_t_distribution<double> t(n - 1);
  summary.half_width = boost::math::quantile(t, (1 + kConfidence) / 2) * *summary.deviation / std::sqrt(n);
  return summary;
}

PairedTest paired_test(std::span<const double> values, std::span<const double> baseline) {
  std::vector<double> differences;
  double largest = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    differences.push_back(values[i] - baseline[i]);
    largest = std::max({largest, std::abs(values[i]), std::abs(baseline[i])});
  }
  PairedTest test;
  test.difference = summarize(differences);
  if (!test.difference.deviation) return test;
  const double rounding = kRounding * largest;
  test.deterministic = *test.difference.deviation <= rounding;
  test.equal = test.deterministic && std::abs(test.difference.mean) <= rounding;
  if (test.deterministic) return test;
  test.wilcoxon_p = wilcoxon(differences, rounding);
  const auto n = static_cast<double>(differences.size());
  test.effect = test.difference.mean / *test.difference.deviation;
  test.t = *test.effect * std::sqrt(n);
  const boost::math::students_t_distribution<double> distribution(n - 1);
  test.p = 2 * boost::math::cdf(boost::math::complement(distribution, std::abs(*test.t)));
  return test;
}

std::pair<double, double> binomial_interval(std::int64_t successes, std::int64_t trials) {
  using Binomial = boost::math::binomial_distribution<>;
  constexpr double kTail = (1 - kConfidence) / 2;
  const auto n = static_cast<double>(trials), k = static_cast<double>(successes);
  return {Binomial::find_lower_bound_on_p(n, k, kTail), Binomial::find_upper_bound_on_p(n, k, kTail)};
}

std::vector<std::optional<double>> holm(std::span<const std::optional<double>> p) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < p.size(); ++i)
    if (p[i]) order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return *p[a] < *p[b]; });
  std::vector<std::optional<double>> adjusted(p.size());
  double largest = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    largest = std::max(largest, std::min(1.0, static_cast<double>(order.size() - i) * *p[order[i]]));
    adjusted[order[i]] = largest;
  }
  return adjusted;
}

}  // namespace aelab
