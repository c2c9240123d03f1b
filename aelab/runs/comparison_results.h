#pragma once

#include <nlohmann/json_fwd.hpp>

#include "aelab/evaluation/statistics.h"
#include "aelab/runs/comparison.h"
#include "aelab/runs/record.h"

namespace aelab {

/// What one run left.
struct ComparedRun {
  std::int64_t seed = 0;
  std::string id;
  RunStatus status = {};  ///< its state may also be "missing", or "changed" since it was completed
  Evaluated evaluated = {};

  bool counts() const { return status.state == "completed"; }
};

struct ComparedVariant {
  std::string name;
  AnyJson settings;
  bool closed_form = false;
  std::vector<ComparedRun> runs;  ///< one a seed
};

/// One variant's numbers of one measure.
struct MeasureRow {
  std::vector<std::optional<double>> values;  ///< one a seed; nothing where not applicable, or no run counts
  Summary summary;
  std::optional<double> worst;             ///< of the seeds; where the measure has a better
  std::optional<PairedTest> against = {};  ///< the baseline, over the seeds that both have
  bool best = false;
};

/// One measure of all variants.
struct MeasureTable {
  Measure measure;
  std::vector<MeasureRow> rows;  ///< one a variant
};

struct ComparisonResults {
  std::string name;
  std::vector<std::int64_t> seeds;
  std::size_t baseline = 0;    ///< a variant's place
  std::size_t metric = 0;      ///< the place of the table that the verdict is about
  std::string part = {};       ///< of the data that was measured on
  bool test_is_drawn = false;  ///< from all rows under each seed, the data having none set apart
  std::vector<ComparedVariant> variants;
  std::vector<MeasureTable> tables;

  /// Runs that do not count, "id: why".
  std::vector<std::string> missing() const;
};

/// Two variants differ where the p of their paired t test is below this once corrected.
constexpr double kSignificance = 0.05;

/// Reads every run's folder as it is and makes all tables. The best of a measure is marked only where it
/// differs from each other variant, with Holm's correction over all pairs. Error when the metric is unknown,
/// or runs measured by two definitions.
ComparisonResults collect(const Comparison& comparison);

/// The whole, as comparison.json keeps it.
nlohmann::json to_json(const ComparisonResults& results);
/// A line a variant and measure.
std::string table_csv(const ComparisonResults& results);
/// A line a run and measure.
std::string runs_csv(const ComparisonResults& results);

/// Tables for a terminal: the metric with everything, then the other measures, then costs.
std::string terminal_table(const ComparisonResults& results);
/// What may be claimed, in a few sentences.
std::string verdict(const ComparisonResults& results);

/// Writes comparison.json, table.csv and runs.csv into the comparison's folder. Failure as write_file's.
void write_results(const Comparison& comparison, const ComparisonResults& results);

/// Writes images/reconstructions.png where the data are pictures: the same test samples, and below them what
/// each variant makes of them under the first seed. The variants drawn, from the top.
std::vector<std::string> draw_comparison(const Comparison& comparison, const ComparisonResults& results);

}  // namespace aelab
