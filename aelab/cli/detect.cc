// aelab detect

#include "aelab/tools/detection.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "aelab/cli/commands.h"
#include "aelab/cli/options.h"
#include "aelab/cli/output.h"

namespace aelab::cli {
namespace {

void add_reasons(nlohmann::json& value, const std::vector<Contribution>& reasons) {
  for (const auto& [feature, contribution] : reasons)
    value["reasons"].push_back({{"feature", feature}, {"contribution", contribution}});
}

nlohmann::json row_json(const DetectedRow& row) {
  nlohmann::json value = {{"row", row.row}, {"score", row.score}, {"anomaly", row.anomaly}};
  if (!row.part.empty()) value["split"] = row.part;
  if (!row.label.empty()) value["label"] = row.label;
  if (!row.time.empty()) value["time"] = row.time;
  if (!row.group.empty()) value["group"] = row.group;
  add_reasons(value, row.reasons);
  return value;
}

nlohmann::json interval_json(const DetectedInterval& interval) {
  nlohmann::json value = {{"begin", interval.begin},
                          {"end", interval.end},
                          {"points", interval.points},
                          {"peak", interval.peak},
                          {"peak_at", interval.peak_at}};
  if (!interval.part.empty()) value["split"] = interval.part;
  if (!interval.group.empty()) value["group"] = interval.group;
  add_reasons(value, interval.reasons);
  return value;
}

nlohmann::json outcome_json(const DetectionOutcome& outcome, nlohmann::json rows) {
  nlohmann::json value = {{"score", write_config(outcome.score)},
                          {"definition", outcome.definition},
                          {"threshold", outcome.threshold.value},
                          {"rule", outcome.threshold.rule},
                          {outcome.of_points ? "points" : "rows", outcome.rows},
                          {"anomalies", outcome.anomalies}};
  if (!outcome.detector.empty()) value["detector"] = outcome.detector;
  if (!outcome.file.empty()) value["file"] = outcome.file;
  if (outcome.file.empty()) value["results"] = std::move(rows);
  if (!outcome.intervals_file.empty()) value["intervals_file"] = outcome.intervals_file;
  if (!outcome.of_points) return value;
  value["intervals"] = nlohmann::json::array();
  for (const auto& interval : outcome.intervals) value["intervals"].push_back(interval_json(interval));
  return value;
}

/// Says how many intervals there are, and which are the strongest.
void summarize_intervals(const DetectionOutcome& outcome) {
  constexpr std::size_t kShown = 5;
  if (outcome.not_scored > 0)
    remark(fmt::format("{} points are in no window, and have no score", outcome.not_scored));
  remark(fmt::format("intervals: {}", outcome.intervals.size()));
  auto strongest = outcome.intervals;
  std::stable_sort(strongest.begin(), strongest.end(),
                   [](const auto& a, const auto& b) { return a.peak > b.peak; });
  strongest.resize(std::min(strongest.size(), kShown));
  for (const auto& interval : strongest)
    remark(fmt::format("  {}{} to {}: {} point{}, peak {:.4g} at {}{}",
                       interval.group.empty() ? "" : interval.group + ", ", interval.begin, interval.end,
                       interval.points, interval.points == 1 ? "" : "s", interval.peak, interval.peak_at,
                       interval.reasons.empty() ? "" : ", by " + interval.reasons.front().feature));
}

void summarize_detection(const DetectionOutcome& outcome) {
  const auto share = 100 * static_cast<double>(outcome.anomalies) / static_cast<double>(outcome.rows);
  remark(fmt::format("score: {}", outcome.definition));
  remark(fmt::format("threshold: {:.6g}, {}", outcome.threshold.value, outcome.threshold.rule));
  remark(fmt::format("anomalies: {} of {} {} ({:.3g} %)", outcome.anomalies, outcome.rows,
                     outcome.of_points ? "points" : "rows", share));
  if (outcome.of_points) summarize_intervals(outcome);
  if (!outcome.has_reasons)
    remark("this score is no sum over features: no columns explain it; reconstruction and likelihood are");
}

int detect(const std::string& folder, const DetectionConfig& config, bool as_json) {
  const bool to_file = !config.output.empty();
  nlohmann::json rows = nlohmann::json::array();
  std::optional<DetectionTable> table;
  const DetectionVisitor visitor{.begin =
                                     [&](const DetectionTable& form) {
                                       table = form;
                                       if (!as_json && !to_file) print_text(form.header());
                                     },
                                 .row =
                                     [&](const DetectedRow& row) {
                                       if (to_file) return;
                                       if (as_json)
                                         rows.push_back(row_json(row));
                                       else
                                         print_text(table->line(row));
                                     }};
  const auto outcome = detect_anomalies(folder, config, visitor);
  if (as_json)
    print_json(outcome_json(outcome, std::move(rows)));
  else if (to_file)
    print("{}\n", outcome.file.string());
  summarize_detection(outcome);
  return 0;
}

}  // namespace

void add_detect(CLI::App& app, Command& chosen) {
  FolderCommand<DetectionConfig> command(
      app, "detect", "Find anomalies among rows of any data",
      "print one JSON object: score, definition, threshold, rule, rows, anomalies, detector, and results, a "
      "list, or file",
      {{"output", "FILE"}, {"intervals", "FILE"}, {"fitted", "FILE"}}, kRunOrModel);
  known_as(command.app(), {"anomalies", "anomaly", "outliers"});
  command.footer(
      "Prints a csv table, a line for each row: its place in the source, from 0, its label where "
      "the data have labels, its score (the higher, the stranger), the decision, and the three "
      "columns, or pixels, that add most to the score, with what they add. Scores are of the "
      "transformed values. A row is an anomaly if its score is above the threshold. The score, the "
      "threshold and the number of anomalies are printed to standard error.\n"
      "A score is fitted to the run's training rows once, and kept in the run's folder with what "
      "thresholds are chosen by, detectors/*.safetensors: after that the run's own data are not "
      "needed, whichever threshold is asked for. aelab list scores shows the scores. A run that "
      "trains on normal rows alone has \"normal\" in its data section.\n"
      "Of windows of series the points are scored: by the mean of what a point adds to the scores of the "
      "windows that have it. Adjacent points that are anomalies are an interval: the strongest ones are "
      "printed "
      "to standard error, and --intervals writes all of them.\n"
      "Example: aelab detect runs/wine/1 --data new.csv --false-positive-rate 0.01\n"
      "Example: aelab detect runs/wine/1 --data new.csv --score '{\"kind\": \"reconstruction\", \"scaled\": "
      "true}' --contamination 0.05\n"
      "Example: aelab detect wine.safetensors --data new.csv --fitted detector.safetensors --json");
  command.does(chosen, detect);
}

}  // namespace aelab::cli
