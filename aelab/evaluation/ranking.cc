#include "aelab/evaluation/ranking.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "aelab/core/signals.h"

namespace aelab {
namespace {

constexpr std::size_t kPointsOfCurve = 101;
constexpr double kTailOfInterval = 0.025, kRoundingOfRows = 1e-9;

/// The q-quantile of ascending values, by linear interpolation.
double quantile_of_sorted(const std::vector<double>& sorted, double q) {
  const double place = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const auto above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

RankingIntervals::Interval interval_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {quantile_of_sorted(values, kTailOfInterval), quantile_of_sorted(values, 1 - kTailOfInterval)};
}

/// A number below `count`, the same with every standard library.
std::size_t number_below(std::mt19937_64& random, std::size_t count) {
  constexpr double kUnit = 0x1p-53;
  const double share = static_cast<double>(random() >> 11U) * kUnit;
  return static_cast<std::size_t>(share * static_cast<double>(count));
}

}  // namespace

Ranking::Ranking(std::span<const double> scores, std::span<const std::uint8_t> strange,
                 double false_positive_rate)
    : group_of_(scores.size()), is_strange_(strange.begin(), strange.end()), rate_(false_positive_rate) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return scores[a] > scores[b]; });
  for (const auto row : order) {
    if (scores_.empty() || scores[row] != scores_.back()) scores_.push_back(scores[row]);
    group_of_[row] = scores_.size() - 1;
    (is_strange_[row] ? strange_ : normal_) += 1;
    sides_[is_strange_[row] ? 1 : 0].push_back(group_of_[row]);
  }
}

Ranking::Curve Ranking::added_up(Curve each) {
  std::partial_sum(each.found.begin(), each.found.end(), each.found.begin());
  std::partial_sum(each.wrong.begin(), each.wrong.end(), each.wrong.begin());
  return each;
}

Ranking::Curve Ranking::curve() const {
  Curve each{std::vector<double>(scores_.size()), std::vector<double>(scores_.size())};
  for (std::size_t row = 0; row < group_of_.size(); ++row)
    (is_strange_[row] ? each.found : each.wrong)[group_of_[row]] += 1;
  return added_up(std::move(each));
}

RankingQuality Ranking::quality_of(const Curve& curve) const {
  if (strange_ == 0 || normal_ == 0) return {};
  const double limit = rate_ * normal_;
  double area = 0, part = 0, average = 0, f1 = 0, at_n = 0, found = 0, wrong = 0;
  bool whole_part = false;
  for (std::size_t i = 0; i < curve.found.size(); ++i) {
    const double next_found = curve.found[i], next_wrong = curve.wrong[i];
    area += (next_wrong - wrong) * (next_found + found) / 2;
    if (next_wrong <= limit) {
      part += (next_wrong - wrong) * (next_found + found) / 2;
    } else if (!whole_part) {
      const double share = (limit - wrong) / (next_wrong - wrong);
      part += (limit - wrong) * (2 * found + share * (next_found - found)) / 2;
      whole_part = true;
    }
    if (next_found > found)
      average += (next_found - found) / strange_ * next_found / (next_found + next_wrong);
    if (next_found > 0) f1 = std::max(f1, 2 * next_found / (next_found + next_wrong + strange_));
    if (found + wrong < strange_) {
      const double rows = next_found + next_wrong - found - wrong;
      const double taken = std::min(rows, strange_ - found - wrong);
      if (rows > 0) at_n += (next_found - found) * taken / rows;
    }
    found = next_found;
    wrong = next_wrong;
  }
  const double rate = part / (strange_ * normal_), chance = rate_ * rate_ / 2;
  return {.auc = area / (strange_ * normal_),
          .average_precision = average,
          .precision_at_n = at_n / strange_,
          .partial_auc = rate_ == 1 ? rate : (1 + (rate - chance) / (rate_ - chance)) / 2,
          .best_f1 = f1};
}

RankingQuality Ranking::quality() const { return quality_of(curve()); }

double Ranking::threshold_of_best_f1() const {
  const auto all = curve();
  std::size_t best = 0;
  double largest = -1;
  for (std::size_t i = 0; i < scores_.size(); ++i) {
    const double f1 = 2 * all.found[i] / (all.found[i] + all.wrong[i] + strange_);
    if (f1 <= largest) continue;
    largest = f1;
    best = i;
  }
  return scores_[best];
}

std::vector<double> Ranking::grid() {
  std::vector<double> rates(kPointsOfCurve);
  for (std::size_t i = 0; i < kPointsOfCurve; ++i)
    rates[i] = static_cast<double>(i) / static_cast<double>(kPointsOfCurve - 1);
  return rates;
}

std::vector<double> Ranking::found_at_grid(const Curve& curve) const {
  std::vector<double> found;
  std::size_t next = 0;  // the first place whose rate is larger
  for (const double rate : grid()) {
    const double limit = rate * normal_ + kRoundingOfRows;
    while (next < curve.wrong.size() && curve.wrong[next] <= limit) ++next;
    const double before = next > 0 ? curve.found[next - 1] : 0, at = next > 0 ? curve.wrong[next - 1] : 0;
    const double share = next < curve.wrong.size() ? (limit - at) / (curve.wrong[next] - at) : 0;
    found.push_back((before + (share > 0 ? share * (curve.found[next] - before) : 0)) / strange_);
  }
  return found;
}

std::vector<double> Ranking::precision_at_grid(const Curve& curve) const {
  const auto rates = grid();
  std::vector<double> precision(rates.size());
  double largest = 0;
  auto i = curve.found.size();
  for (auto g = rates.size(); g-- > 0;) {
    while (i > 0 && curve.found[i - 1] >= rates[g] * strange_ - kRoundingOfRows) {
      --i;
      if (curve.found[i] > 0) largest = std::max(largest, curve.found[i] / (curve.found[i] + curve.wrong[i]));
    }
    precision[g] = largest;
  }
  return precision;
}

std::vector<double> Ranking::found_at_grid() const { return found_at_grid(curve()); }
std::vector<double> Ranking::precision_at_grid() const { return precision_at_grid(curve()); }

Ranking::Curve Ranking::resampled(std::int64_t number, std::int64_t seed) const {
  std::seed_seq sequence{static_cast<std::uint64_t>(seed), static_cast<std::uint64_t>(number)};
  std::mt19937_64 random(sequence);
  Curve each{std::vector<double>(scores_.size()), std::vector<double>(scores_.size())};
  for (const auto& side : sides_)
    for (std::size_t i = 0; i < side.size(); ++i)
      (&side == &sides_[1] ? each.found : each.wrong)[side[number_below(random, side.size())]] += 1;
  return added_up(std::move(each));
}

std::optional<RankingIntervals> Ranking::intervals(std::int64_t resamples, std::int64_t seed) const {
  if (strange_ < 2 || normal_ < 2 || resamples < 1) return {};
  std::array<std::vector<double>, RankingQuality::kCount> values;
  std::vector<std::vector<double>> found(kPointsOfCurve), precision(kPointsOfCurve);
  for (std::int64_t number = 0; number < resamples; ++number) {
    StopSignals::check();
    const auto curve = resampled(number, seed);
    const auto measured = quality_of(curve).values();
    for (std::size_t i = 0; i < measured.size(); ++i) values[i].push_back(*measured[i]);
    const auto roc = found_at_grid(curve), recall = precision_at_grid(curve);
    for (std::size_t i = 0; i < kPointsOfCurve; ++i) {
      found[i].push_back(roc[i]);
      precision[i].push_back(recall[i]);
    }
  }
  RankingIntervals intervals;
  for (std::size_t i = 0; i < values.size(); ++i) intervals.of_values[i] = interval_of(std::move(values[i]));
  for (std::size_t i = 0; i < kPointsOfCurve; ++i) {
    intervals.found.push_back(interval_of(std::move(found[i])));
    intervals.precision.push_back(interval_of(std::move(precision[i])));
  }
  return intervals;
}

}  // namespace aelab
