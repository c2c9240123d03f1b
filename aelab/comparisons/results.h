#pragma once

#include <nlohmann/json_fwd.hpp>

#include "aelab/comparisons/comparison.h"
#include "aelab/comparisons/costs.h"
#include "aelab/comparisons/judgement.h"
#include "aelab/evaluation/statistics.h"
#include "aelab/runs/record.h"
#include "aelab/runs/trend.h"

namespace aelab {

/// One run of a comparison, as its folder records it.
struct ComparedRun {
  std::int64_t seed = 0;
  std::string id;
  /// Beside the states of status.json: "missing" (never started), "damaged" (status.json cannot be read),
  /// "changed" (edited since it was over).
  RunStatus status = {};
  Evaluated evaluated = {};
  std::optional<double> improvement = {};  ///< projected (RunTrend); of completed runs

  bool is_completed() const { return status.state == "completed"; }
};

/// How many runs ended how.
struct RunCounts {
  std::size_t planned = 0, completed = 0, failed = 0, diverged = 0;
  std::size_t unfinished = 0;  ///< stopped, or still running
  std::size_t damaged = 0;     ///< with files that are damaged, or were changed since
  std::size_t missing = 0;     ///< never started

  void add(const ComparedRun& run);
  std::size_t excluded() const { return planned - completed; }
  /// What the runs of one variant lack, "failed on 1 and diverged on 2 of 5 seeds"; "" when all are
  /// completed.
  std::string gaps() const;
};

struct ComparedVariant {
  std::string name;
  AnyJson settings = {};
  bool closed_form = false;
  std::optional<std::int64_t> code = {};  ///< number of code dimensions, by the first completed run
  std::vector<ComparedRun> runs = {};     ///< one per seed, in the order of the seeds

  RunCounts counts() const;
  Costs costs() const;
  /// Completed runs that have a projected improvement, and those of them that were still improving.
  std::size_t with_trend() const;
  std::size_t still_improving() const;
};

/// One metric of one variant.
struct MeasureRow {
  std::vector<std::optional<double>> values;  ///< one per seed; absent where not applicable or not completed
  Summary summary;
  std::optional<double> worst;             ///< over the seeds; absent where neither direction is better
  std::optional<PairedTest> against = {};  ///< the baseline, over the seeds that both have
  Judgement difference = {};               ///< what `against` shows
  /// The place among the variants: of the leader its claim's; of the others how they differ from the leader,
  /// or why they are not considered.
  Judgement standing = {};
  std::map<std::string, std::optional<bool>> pareto_optimal = {};  ///< by cost, as pareto_optimal() says
};

/// The paired t test of two variants' values, over the seeds that both have.
PairedTest paired_test(const MeasureRow& row, const MeasureRow& other);

/// What may be claimed about one metric: that the leader is better than the other variants.
struct Claim {
  std::optional<std::size_t> leader = {};  ///< the variant with the best mean; none when nothing can lead
  Level level = Level::not_judged;
  Reason reason = Reason::no_rival;
  std::string sentence = {};     ///< "pca has the lowest reconstruction/mse (0.0123 ± 0.0004, 5 seeds)."
  std::string explanation = {};  ///< "The difference from every other variant is significant (...)."
  // How many of the other variants differ significantly from the leader, do not, differ by the same amount
  // under every seed, equal it under every seed, or share fewer than two seeds with it; are not considered
  // because they lack runs or values; and do not have the metric.
  std::size_t significant = 0, inconclusive = 0, deterministic = 0, equal = 0, untested = 0, excluded = 0,
              not_applicable = 0;
};

/// One metric of all variants.
struct MeasureTable {
  Measure measure;
  std::vector<MeasureRow> rows;  ///< one per variant
  Claim claim = {};

  /// Whether this variant is marked as the best, as rule_of_best() says.
  bool is_best(std::size_t variant) const { return claim.leader == variant && claim.level == Level::decided; }
};

/// The verdict of a comparison, by its metric.
struct Verdict {
  std::string summary;                    ///< the claim, in two sentences
  std::vector<std::string> details = {};  ///< the differences from the baseline
  std::vector<std::string> caveats = {};  ///< what narrows the claim, one sentence or two each
  std::string text() const;               ///< all of it as one paragraph
};

struct ComparisonResults {
  std::string name = {};
  std::vector<std::int64_t> seeds = {};
  std::size_t baseline = 0;    ///< a variant's place
  std::size_t metric = 0;      ///< the place of the verdict's table
  std::string part = {};       ///< the split that was measured, "test"
  bool test_is_drawn = false;  ///< each seed draws its test split, the source having none
  std::vector<ComparedVariant> variants = {};
  std::vector<std::string> confounds = {};  ///< as confounds() of confounds.h gives them
  std::vector<std::string> left_out =
      {};  ///< completed runs in the folder that the file does not list, by id
  std::vector<MeasureTable> tables = {};
  Verdict verdict = {};

  RunCounts counts() const;
  /// The runs that are not completed, "id: why".
  std::vector<std::string> excluded() const;
  /// "1 of 9 runs is excluded"; "" when all runs are completed.
  std::string exclusion() const;
};

/// Makes tables, claims and verdict from the runs in `results`. Every pair of variants is tested in one of
/// two families, each corrected by Holm: the pairs with the baseline, and the pairs of the other variants
/// that may lead. `metric` is the verdict's; without it the first for which lower or higher is better. Error
/// when the metric is unknown, or runs measured one metric by two definitions.
void tabulate(ComparisonResults& results, const std::optional<std::string>& metric);

/// Reads every run's folder as it is, and tabulates. Throws the Errors of tabulate() and
/// require_same_comparison() (identity.h).
ComparisonResults collect(const Comparison& comparison);

/// What a variant lacks that keeps it from being the best of a metric: "diverged on 3 of 5 seeds", or "gave
/// no value on 1 of 5 seeds" where other variants did; "" when it lacks nothing.
std::string gaps_of(std::size_t variant, const MeasureTable& table, const ComparisonResults& results);
/// Whether a variant can lead a metric: it has the metric, and lacks nothing.
bool can_lead(std::size_t variant, const MeasureTable& table, const ComparisonResults& results);
/// Judges one metric: its claim and the standing of every row, by the values and by the tests against the
/// baseline.
void judge(MeasureTable& table, const ComparisonResults& results);
/// The verdict, by claims and rows.
Verdict verdict_of(const ComparisonResults& results);

/// comparison.json, of the format kComparisonFormat (core/file_formats.h). Everything that is judged is in
/// it: pages print its words.
nlohmann::json to_json(const ComparisonResults& results);
/// table.csv: one line per metric and variant.
std::string table_csv(const ComparisonResults& results);
/// runs.csv: one line per run and metric.
std::string runs_csv(const ComparisonResults& results);

/// Tables for a terminal of 80 columns: the verdict's metric in detail, all other metrics, training cost.
std::string terminal_table(const ComparisonResults& results);
/// The verdict for a terminal: summary, details, and one line per caveat.
std::string terminal_verdict(const ComparisonResults& results);

/// Writes comparison.json, table.csv and runs.csv into the comparison's folder. Failure as write_file's.
void write_results(const Comparison& comparison, const ComparisonResults& results);

/// Writes pictures of each variant under the first seed where the data are images:
/// images/reconstructions.png, the same test samples and below them their reconstructions, and
/// images/samples.png, a row for each variant with a prior, decoded from codes that are made of the same
/// numbers where they have one shape (runs/summary.h). Returns the variants drawn in the first, from the top.
std::vector<std::string> draw_comparison(const Comparison& comparison, const ComparisonResults& results);

}  // namespace aelab
