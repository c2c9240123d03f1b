#pragma once

#include <functional>
#include <string>

#include "aelab/evaluation/detector.h"
#include "aelab/tools/applied_rows.h"

namespace aelab {

/// Which rows are anomalies, by a score of a trained model and a threshold.
struct DetectionConfig {
  std::optional<DataConfig> data = {};             ///< other data than the run's own
  std::optional<AppliedRows> part = {};            ///< all of other data, the test split of the run's own
  std::optional<Which> checkpoint = {};            ///< of a run's folder; the best if unset
  std::optional<Choice<AnomalyScore>> score = {};  ///< reconstruction if unset
  ThresholdConfig threshold = {};
  std::string fitted = "";     ///< file of a detector; else that of the run's folder
  std::string output = "";     ///< file; nothing is written when empty
  std::string intervals = "";  ///< file of intervals of points; none is written when empty

  void fields(Fields& f);
};

/// A feature that explains a score.
struct Contribution {
  std::string feature;      ///< a column's name, or "pixel_3_5": row and column of an image
  double contribution = 0;  ///< what it adds to the score
};

/// A row or, where rows are windows of series, a point.
struct DetectedRow {
  std::int64_t row =
      0;  ///< its place in the source, as in ApplicationConfig; of a point, its row in the table
  std::string part, label;            ///< empty where the source has none
  std::string time = {}, group = {};  ///< as the table has them; empty where it has none
  double score = 0;
  bool anomaly = false;                    ///< score > threshold
  std::vector<Contribution> reasons = {};  ///< the three features with the largest contributions, the largest
                                           ///< first; none of scores that are no sums over features
};

/// Points of one series, one after the other, that are anomalies.
struct DetectedInterval {
  std::string part, group;  ///< empty where there are none
  std::string begin, end;   ///< times of the first and the last point, or their rows where there are no times
  std::int64_t points = 0;
  double peak = 0;                         ///< the largest score
  std::string peak_at = {};                ///< the time, or the row, of that point
  std::vector<Contribution> reasons = {};  ///< the three columns that add most to the scores of its points
};

struct DetectionOutcome {
  Choice<AnomalyScore> score;
  std::string definition;  ///< of the score
  Threshold threshold = {};
  std::int64_t rows = 0, anomalies = 0;          ///< or points
  bool of_points = false;                        ///< whether rows are windows, whose points are scored
  std::int64_t not_scored = 0;                   ///< points that are in no window
  std::vector<DetectedInterval> intervals = {};  ///< of points, in their order
  bool has_reasons = false;
  std::filesystem::path detector = {};        ///< its file; empty where it could not be kept
  std::filesystem::path file = {};            ///< the table, where one was written
  std::filesystem::path intervals_file = {};  ///< that of intervals, where one was written
};

/// The lines of the table that detect_anomalies() writes: its header, and that of a row.
class DetectionTable {
 public:
  /// `time` and `group` are the names of these columns, "" without them.
  DetectionTable(const CsvNames& names, bool has_reasons, std::string time = "", std::string group = "");
  std::string header() const;
  std::string line(const DetectedRow& row) const;
  /// Those of the table of intervals.
  std::string interval_header() const;
  std::string interval_line(const DetectedInterval& interval) const;

 private:
  CsvNames names_;
  bool has_reasons_;
  std::string time_, group_;
};

/// What is done with rows while they are scored: `begin` is called before the first one.
struct DetectionVisitor {
  std::function<void(const DetectionTable&)> begin = {};
  std::function<void(const DetectedRow&)> row = {};
};

/// Scores rows and compares them with the threshold. The visitor sees each row in turn. The first call for a
/// score fits it to the run's training rows, and keeps it in the folder (runs/detector_file.h): later ones
/// need no data of the run. A file of a model needs `fitted`.
///
/// Where rows are windows of series, their points are scored (evaluation/point_scores.h), and compared with a
/// threshold of points. They are seen in the order of the table's rows, once all windows are scored; points
/// that no window has are left out.
///
/// Writes `output`, a csv with the columns row, [split, the names of the columns of times, groups and
/// labels,] score, decision ("anomaly" or "normal") and, where there are reasons, feature_1, contribution_1,
/// ... feature_3, contribution_3; and `intervals`, one with [split, the group's name,] begin, end, points,
/// peak, peak_at and the same reasons: whole or not at all. Throws an Error, before anything is written, for
/// data that do not fit the model.
DetectionOutcome detect_anomalies(const std::filesystem::path& folder_or_file, const DetectionConfig& config,
                                  const DetectionVisitor& visitor = {});

}  // namespace aelab
