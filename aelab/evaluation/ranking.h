#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace aelab {

// How well scores tell strange rows from normal ones, whatever the threshold. Rows of equal scores are on the
// same side of every threshold. Scores are finite.

/// What is measured of a ranking. All lie in [0, 1]; absent without strange or without normal rows.
struct RankingQuality {
  /// The area under the ROC curve: the probability that a strange row has a higher score than a normal one,
  /// plus half of that of an equal one (scikit-learn's roc_auc_score).
  std::optional<double> auc;
  /// The sum over decreasing thresholds of precision times the gain of recall (scikit-learn's
  /// average_precision_score).
  std::optional<double> average_precision;
  /// The share of strange rows among the n highest scores, of n strange rows. Of rows with the lowest of
  /// these scores, when not all of them are among the n, each counts as much as the others.
  std::optional<double> precision_at_n;
  /// The area under the ROC curve up to a false positive rate, standardized to 1/2 for chance and 1 for a
  /// perfect ranking (McClish 1989; scikit-learn's roc_auc_score with max_fpr).
  std::optional<double> partial_auc;
  /// The largest F1 of any threshold.
  std::optional<double> best_f1;

  static constexpr std::size_t kCount = 5;
  static constexpr std::array<std::string_view, kCount> kNames = {"auc", "average_precision",
                                                                  "precision_at_n", "partial_auc", "best_f1"};
  std::array<std::optional<double>, kCount> values() const {
    return {auc, average_precision, precision_at_n, partial_auc, best_f1};
  }
};

/// Intervals of 95 %, by the percentiles of bootstrap resamples.
struct RankingIntervals {
  using Interval = std::pair<double, double>;
  /// In the order of RankingQuality::values().
  std::array<Interval, RankingQuality::kCount> of_values = {};
  std::vector<Interval> found;      ///< of the ROC curve at Ranking::grid(): the true positive rate
  std::vector<Interval> precision;  ///< of the precision-recall curve at Ranking::grid(): the precision
};

class Ranking {
 public:
  /// `strange` has a value for each score, other than 0 for strange rows. Partial areas reach to
  /// `false_positive_rate`, in (0, 1].
  Ranking(std::span<const double> scores, std::span<const std::uint8_t> strange, double false_positive_rate);

  std::int64_t strange() const { return static_cast<std::int64_t>(strange_); }
  std::int64_t normal() const { return static_cast<std::int64_t>(normal_); }
  RankingQuality quality() const;
  /// The lowest score of those that count as strange where F1 is largest; the highest such score where
  /// several thresholds have it. There must be strange rows.
  double threshold_of_best_f1() const;
  /// By `resamples` of the strange and of the normal rows, each of as many rows as that side has. Nothing if
  /// a side has fewer than two rows. The same seed gives the same intervals. Stopped when StopSignals
  /// receives a signal.
  std::optional<RankingIntervals> intervals(std::int64_t resamples, std::int64_t seed) const;

  /// The rates at which curves are given: 0, 0.01, ..., 1.
  static std::vector<double> grid();
  /// The true positive rate at each false positive rate of grid(), by lines between thresholds, and at steps
  /// the upper end.
  std::vector<double> found_at_grid() const;
  /// The largest precision at each recall of grid() or more.
  std::vector<double> precision_at_grid() const;

 private:
  /// Numbers of rows with at least each of the distinct scores, from the highest on.
  struct Curve {
    std::vector<double> found, wrong;  // strange and normal rows
  };

  std::vector<double> scores_;         // distinct, descending
  std::vector<std::size_t> group_of_;  // of each row, which of these
  std::vector<std::uint8_t> is_strange_;
  std::vector<std::size_t> sides_[2];  // groups of normal and of strange rows
  double strange_ = 0, normal_ = 0, rate_;

  Curve curve() const;
  static Curve added_up(Curve each);
  RankingQuality quality_of(const Curve& curve) const;
  std::vector<double> found_at_grid(const Curve& curve) const;
  std::vector<double> precision_at_grid(const Curve& curve) const;
  Curve resampled(std::int64_t number, std::int64_t seed) const;
};

}  // namespace aelab
