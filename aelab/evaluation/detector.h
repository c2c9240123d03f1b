#pragma once

#include "aelab/data/split.h"
#include "aelab/evaluation/anomaly_score.h"

namespace aelab {

/// How the threshold is chosen above which a score is an anomaly's; false_positive_rate = 0.05 if nothing is
/// set.
struct ThresholdConfig {
  std::optional<double> contamination = {};
  std::optional<double> percentile = {};
  std::optional<double> false_positive_rate = {};
  bool f1 = false;
  std::optional<double> threshold = {};

  void fields(Fields& f);
  void require_one(Fields& f) const;  ///< the rule that only one is set
};

struct Threshold {
  double value = 0;  ///< rows with higher scores are anomalies
  std::string rule;  ///< "5 % of 180 normal validation rows have higher scores"
};

/// A score that was fitted to a model, with what thresholds are chosen by: the scores of training and
/// validation rows. With these a threshold needs no data, and is the same whenever it is asked for.
struct Detector {
  Choice<AnomalyScore> config;
  std::shared_ptr<AnomalyScore> score;
  Tensor training;    ///< [n] float64: scores of training rows, at most 100,000 of them, ascending
  Tensor validation;  ///< [m] float64: those of validation rows, with the ones that were left out, ascending
  /// [m] bool: which of the validation rows are not of a normal class. Undefined where it is not known which
  /// classes are normal: all of them then count as normal.
  Tensor strange = {};
  /// Whether the scores are those of points (PointScores), of rows that are windows of series. `training`
  /// then has those of all points of the windows that are scored.
  bool of_points = false;

  /// With linear interpolation between the two nearest scores, as NumPy's percentile:
  ///
  ///     contamination        that share of the training and normal validation rows has higher scores
  ///     percentile           of the scores of normal validation rows or, without any, of training rows
  ///     false_positive_rate  the lowest score that at most this share of the normal validation rows (without
  ///                          any, of training rows) exceeds
  ///     f1                   half way between the two neighboring scores of validation rows between which a
  ///                          threshold has the largest F1
  ///     threshold            the value itself
  ///
  /// Throws a FieldError of "f1" if no strange validation rows are known.
  Threshold threshold(const ThresholdConfig& config) const;
  /// [n] bool: which scores are an anomaly's.
  static Tensor decide(const Tensor& scores, const Threshold& threshold);
};

/// Scores the training and validation rows of a split by the detector's score, which is fitted, or the points
/// of these rows, which are windows then. Throws an Error if a score is NaN or infinite.
void score_references(Detector& detector, const Autoencoder& model, const Split& data, bool of_points);

/// Fits a score to the training rows of a split, and scores its training and validation rows or, where these
/// are windows, their points. Throws the Errors of AnomalyScore::fit() and score_references().
Detector fit_detector(const Autoencoder& model, const Split& data, const Choice<AnomalyScore>& config,
                      std::int64_t seed = 0);

}  // namespace aelab
