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
  std::string fitted = "";  ///< file of a detector; else that of the run's folder
  std::string output = "";  ///< file; nothing is written when empty

  void fields(Fields& f);
};

/// A feature that explains a score.
struct Contribution {
  std::string feature;      ///< a column's name, or "pixel_3_5": row and column of an image
  double contribution = 0;  ///< what it adds to the score
};

struct DetectedRow {
  std::int64_t row = 0;     ///< its place in the source, as in ApplicationConfig
  std::string part, label;  ///< empty where the source has none
  double score = 0;
  bool anomaly = false;                    ///< score > threshold
  std::vector<Contribution> reasons = {};  ///< the three features with the largest contributions, the largest
                                           ///< first; none of scores that are no sums over features
};

struct DetectionOutcome {
  Choice<AnomalyScore> score;
  std::string definition;  ///< of the score
  Threshold threshold = {};
  std::int64_t rows = 0, anomalies = 0;
  bool has_reasons = false;
  std::filesystem::path detector = {};  ///< its file; empty where it could not be kept
  std::filesystem::path file = {};      ///< the table, where one was written
};

/// The lines of the table that detect_anomalies() writes: its header, and that of a row.
class DetectionTable {
 public:
  DetectionTable(const CsvNames& names, bool has_reasons);
  std::string header() const;
  std::string line(const DetectedRow& row) const;

 private:
  CsvNames names_;
  bool has_reasons_;
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
/// Writes `output`, a csv with the columns row, [split, the label's name,] score, decision ("anomaly" or
/// "normal") and, where there are reasons, feature_1, contribution_1, ... feature_3, contribution_3: whole or
/// not at all. Throws an Error, before anything is written, for data that do not fit the model.
DetectionOutcome detect_anomalies(const std::filesystem::path& folder_or_file, const DetectionConfig& config,
                                  const DetectionVisitor& visitor = {});

}  // namespace aelab
