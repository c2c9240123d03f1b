#include "aelab/tools/detection.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "aelab/core/config.h"
#include "aelab/core/signals.h"
#include "aelab/core/text.h"
#include "aelab/data/batches.h"
#include "aelab/evaluation/scores/reconstruction_score.h"
#include "aelab/runs/detector_file.h"
#include "aelab/runs/feature_names.h"
#include "aelab/runs/results.h"

namespace aelab {

void DetectionConfig::fields(Fields& f) {
  f("data", data, "data source: a name, or a JSON object as in a run file; the run's own data if omitted");
  f("part", part, "split; if omitted, all rows of other data, else the test split of the run's own data");
  f("checkpoint", checkpoint, "checkpoint of the run to load; best if omitted");
  f("score", score,
    "anomaly score: a name, or a JSON object with \"kind\" and fields; reconstruction if omitted")
      .also_known_as({"scores", "method"});
  threshold.fields(f);
  f("fitted", fitted,
    "file of a detector of the same model, detectors/*.safetensors of its run: use that, and fit none");
  f("output", output, "file to write the table to; it is printed if omitted");
  f.require(!data || data->split.transforms.empty(), "data",
            "the run's own \"transforms\" are applied: remove them here");
  f.require(fitted.empty() || !score, "score",
            "conflicts with \"fitted\", a detector that has its score: give one of them");
}

DetectionTable::DetectionTable(const CsvNames& names, bool has_reasons)
    : names_(names), has_reasons_(has_reasons) {}

namespace {

constexpr std::int64_t kReasons = 3;

}  // namespace

std::string DetectionTable::header() const {
  std::string header = "row";
  for (const auto* name : {&names_.part, &names_.label})
    if (!name->empty()) header += "," + csv_field(*name);
  header += ",score,decision";
  for (std::int64_t i = 1; has_reasons_ && i <= kReasons; ++i)
    header += fmt::format(",feature_{0},contribution_{0}", i);
  return header + "\n";
}

std::string DetectionTable::line(const DetectedRow& row) const {
  auto line = std::to_string(row.row);
  if (!names_.part.empty()) line += "," + row.part;
  if (!names_.label.empty()) line += "," + csv_field(row.label);
  line += fmt::format(",{},{}", row.score, row.anomaly ? "anomaly" : "normal");
  for (std::size_t i = 0; has_reasons_ && i < kReasons; ++i)
    line += i < row.reasons.size()
                ? fmt::format(",{},{:.6g}", csv_field(row.reasons[i].feature), row.reasons[i].contribution)
                : ",,";
  return line + "\n";
}

namespace {

/// The detector that the config asks for, and where it lies.
std::pair<Detector, std::filesystem::path> choose_detector(const std::filesystem::path& model_path,
                                                           const TrainedModel& model,
                                                           const DetectionConfig& config) {
  if (!config.fitted.empty())
    return {in_field("fitted", [&] { return read_detector(config.fitted, *model.network()); }),
            config.fitted};
  if (!std::filesystem::is_directory(model_path))
    throw FieldError("fitted", "is missing: " + model_path.string() +
                                   " is a model without data that a score could be fitted to: give the "
                                   "detector that aelab detect kept in the run's folder, "
                                   "detectors/*.safetensors");
  const auto score = config.score.value_or(ReconstructionScore::Config{});
  auto detector = open_detector(model_path, model, score, config.checkpoint.value_or(Which::best));
  auto path = detector_path(model_path, score, *model.network());
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) path.clear();
  return {std::move(detector), std::move(path)};
}

/// Whether the detector's score has contributions of features, as the first row shows.
bool has_reasons(const Detector& detector, const TrainedModel& model, const AppliedSets& sets) {
  for (const auto& [part, rows] : sets.parts)
    if (rows.size() > 0)
      return score_rows(*detector.score, *model.network(), rows.subset(at::zeros({1}, at::kLong)),
                        /*explain=*/true)
          .contributions.defined();
  return false;
}

/// What reasons are found by.
struct Explained {
  const Detector& detector;
  KnownFeatures features;
  CsvNames names;
};

void explain_row(DetectedRow& row, const Tensor& contributions, const std::vector<std::string>& features) {
  const auto [values, places] = contributions.topk(std::min(kReasons, contributions.size(0)));
  for (std::int64_t i = 0; i < values.size(0); ++i)
    row.reasons.push_back(
        {features[static_cast<std::size_t>(places[i].item<std::int64_t>())], values[i].item<double>()});
}

void require_scored(const Tensor& scores, const Batch& batch) {
  const auto bad = scores.isfinite().logical_not().nonzero();
  if (bad.size(0) == 0) return;
  throw Error("row " + std::to_string(batch.rows[bad[0][0].item<std::int64_t>()].item<std::int64_t>()) +
              " has a score that is NaN or infinite: choose another score");
}

/// Scores a part's rows, and gives each to `see`.
template <class See>
void detect_in_part(const TrainedModel& model, const Explained& explained, const std::string& part,
                    const Dataset& rows, const Threshold& threshold, See see) {
  constexpr std::int64_t kRows = 1000;
  const c10::InferenceMode inference;
  const auto device = model.network()->parameters().front().device();
  const Batches batches(rows, kRows);
  for (std::int64_t i = 0; i < batches.count(); ++i) {
    StopSignals::check();
    const auto batch = batches[i];
    const auto [scores, contributions] =
        explained.detector.score->score(*model.network(), batch.to(device), /*explain=*/true);
    require_scored(scores, batch);
    const auto decisions = Detector::decide(scores, threshold);
    const auto amounts = contributions.defined() ? explained.features.summed(contributions) : Tensor();
    for (std::int64_t j = 0; j < batch.size(); ++j) {
      DetectedRow row{.row = batch.rows[j].item<std::int64_t>(),
                      .part = part,
                      .label = {},
                      .score = scores[j].item<double>(),
                      .anomaly = decisions[j].item<bool>()};
      if (!explained.names.label.empty())
        row.label = name_of_class(batch.labels[j].item<std::int64_t>(), explained.names.classes);
      if (amounts.defined()) explain_row(row, amounts[j], explained.features.names);
      see(row);
    }
  }
}

/// The file that the table is written to, not there yet.
void require_new(const std::string& output) {
  if (output.empty()) return;
  const std::filesystem::path path(output);
  refuse_checkpoints(path);
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored))
    throw FieldError("output",
                     output + " already exists and is not overwritten: remove it, or choose another file");
  const auto folder = path.parent_path();
  if (!folder.empty() && !std::filesystem::is_directory(folder, ignored))
    throw FieldError("output", folder.string() + " is not a folder: create it first");
}

}  // namespace

DetectionOutcome detect_anomalies(const std::filesystem::path& model_path, const DetectionConfig& config,
                                  const DetectionVisitor& visitor) {
  check_config(config, "detection");
  require_new(config.output);
  const auto opened = open_for_use(model_path, config.checkpoint, !config.data);
  const auto& model = opened.model;
  const auto compute = model.compute();
  const auto sets = choose_rows(opened, config.data, config.part);
  if (!sets.has_targets)
    throw FieldError("data",
                     "these rows lack the features that the model reconstructs: join rows with them by the "
                     "source \"side-by-side\"");
  if (sets.size() == 0) throw FieldError("part", "these data have no rows in this split; choose another");
  const auto [detector, path] = choose_detector(model_path, model, config);
  if (const auto reason = detector.score->unsuited(*model.network()); !reason.empty())
    throw FieldError("score", reason);
  const Explained explained{detector, known_features(model.transforms(), model.input(), *model.network()),
                            sets.names};
  DetectionOutcome outcome{.score = detector.config,
                           .definition = detector.score->definition(),
                           .threshold = detector.threshold(config.threshold),
                           .detector = path};
  outcome.has_reasons = has_reasons(detector, model, sets);
  const DetectionTable table(sets.names, outcome.has_reasons);
  std::optional<StreamedFile> file;
  if (!config.output.empty()) {
    outcome.file = config.output;
    file.emplace(outcome.file);
    file->append(table.header());
  }
  if (visitor.begin) visitor.begin(table);
  for (const auto& [part, rows] : sets.parts)
    detect_in_part(model, explained, part, rows, outcome.threshold, [&](const DetectedRow& row) {
      ++outcome.rows;
      outcome.anomalies += row.anomaly ? 1 : 0;
      if (file) file->append(table.line(row));
      if (visitor.row) visitor.row(row);
    });
  if (file) file->finish();
  return outcome;
}

}  // namespace aelab
