// aelab detect

#include "aelab/tools/detection.h"

#include <nlohmann/json.hpp>

#include "aelab/cli/commands.h"
#include "aelab/cli/options.h"
#include "aelab/cli/output.h"

namespace aelab::cli {
namespace {

nlohmann::json row_json(const DetectedRow& row) {
  nlohmann::json value = {{"row", row.row}, {"score", row.score}, {"anomaly", row.anomaly}};
  if (!row.part.empty()) value["split"] = row.part;
  if (!row.label.empty()) value["label"] = row.label;
  for (const auto& [feature, contribution] : row.reasons)
    value["reasons"].push_back({{"feature", feature}, {"contribution", contribution}});
  return value;
}

nlohmann::json outcome_json(const DetectionOutcome& outcome, nlohmann::json rows) {
  nlohmann::json value = {{"score", write_config(outcome.score)},
                          {"definition", outcome.definition},
                          {"threshold", outcome.threshold.value},
                          {"rule", outcome.threshold.rule},
                          {"rows", outcome.rows},
                          {"anomalies", outcome.anomalies}};
  if (!outcome.detector.empty()) value["detector"] = outcome.detector;
  if (!outcome.file.empty()) value["file"] = outcome.file;
  if (outcome.file.empty()) value["results"] = std::move(rows);
  return value;
}

void summarize_detection(const DetectionOutcome& outcome) {
  const auto share = 100 * static_cast<double>(outcome.anomalies) / static_cast<double>(outcome.rows);
  remark(fmt::format("score: {}", outcome.definition));
  remark(fmt::format("threshold: {:.6g}, {}", outcome.threshold.value, outcome.threshold.rule));
  remark(fmt::format("anomalies: {} of {} rows ({:.3g} %)", outcome.anomalies, outcome.rows, share));
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
      {{"output", "FILE"}, {"fitted", "FILE"}}, kRunOrModel);
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
      "Example: aelab detect runs/wine/1 --data new.csv --false-positive-rate 0.01\n"
      "Example: aelab detect runs/wine/1 --data new.csv --score '{\"kind\": \"reconstruction\", \"scaled\": "
      "true}' --contamination 0.05\n"
      "Example: aelab detect wine.safetensors --data new.csv --fitted detector.safetensors --json");
  command.does(chosen, detect);
}

}  // namespace aelab::cli
