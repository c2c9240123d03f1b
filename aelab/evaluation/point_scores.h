#pragma once

#include "aelab/data/series.h"
#include "aelab/evaluation/anomaly_score.h"

namespace aelab {

/// Whether rows are windows of series, whose points have scores of their own.
bool are_windows(const Dataset& rows);

/// Scores of points from those of the windows that have them. A point's score is the mean, over these
/// windows, of what the point adds to the window's score, summed over channels. Where a score is no sum over
/// features, it is the mean of the windows' scores. Points that a window is padded with have no part in it.
class PointScores {
 public:
  /// Of windows [channels, length] with this series.
  PointScores(std::shared_ptr<const Series> series, Shape window);

  /// Adds windows: their points, [n, 2] as Dataset::spans() has them, with their scores [n] and what features
  /// [n, channels x length] add to these, float64. Either all windows have contributions, or none.
  void add(const Tensor& spans, const ScoredRows& windows);

  /// Places in the series of the points that windows have, in ascending order: [m] int64.
  Tensor points() const;
  /// Their scores [m] and what channels add to them [m, channels], undefined where nothing is known of that.
  ScoredRows scored() const;
  const Series& series() const { return *series_; }

 private:
  std::shared_ptr<const Series> series_;
  std::int64_t channels_, length_;
  Tensor windows_;        // [points] float64: number of windows
  Tensor sums_;           // [points] float64, of scores
  Tensor contributions_;  // [points, channels] float64, sums; undefined without
};

/// Scores the windows of a data set, in batches and in inference and evaluation mode, into `scores`. Stopped
/// when StopSignals receives a signal.
void score_points(const AnomalyScore& score, const Autoencoder& model, const Dataset& windows,
                  PointScores& scores);

/// Points one after the other, of one series and without a gap between them, that are anomalies.
struct AnomalyInterval {
  std::int64_t begin = 0, end = 0;  ///< places in the series of the first and the last point
  std::int64_t points = 0;
  double peak = 0;            ///< the largest score
  std::int64_t peak_at = 0;   ///< place of that point in the series
  Tensor contributions = {};  ///< [channels], summed over its points; undefined without
};

/// The intervals of these points [m] (places in the series, in ascending order), of which those that are true
/// in `anomalous` [m] are anomalies, in the same order.
std::vector<AnomalyInterval> intervals_of(const Tensor& points, const ScoredRows& scored,
                                          const Tensor& anomalous, const Series& series);

}  // namespace aelab
