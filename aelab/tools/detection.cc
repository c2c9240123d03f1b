#include "aelab/tools/detection.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "aelab/core/config.h"
#include "aelab/core/signals.h"
#include "aelab/core/text.h"
#include "aelab/data/batches.h"
#include "aelab/evaluation/point_scores.h"
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
  f("intervals", intervals, "file to write the table of intervals to, of adjacent points that are anomalies")
      .also_known_as({"ranges", "events"});
  f.require(!data || data->split.transforms.empty(), "data",
            "the run's own \"transforms\" are applied: remove them here");
  f.require(fitted.empty() || !score, "score",
            "conflicts with \"fitted\", a detector that has its score: give one of them");
}

DetectionTable::DetectionTable(const CsvNames& names, bool has_reasons, std::string time, std::string group)
    : names_(names), has_reasons_(has_reasons), time_(std::move(time)), group_(std::move(group)) {}

namespace {

constexpr std::int64_t kReasons = 3;

std::string header_of_reasons(bool has_reasons) {
  std::string header;
  for (std::int64_t i = 1; has_reasons && i <= kReasons; ++i)
    header += fmt::format(",feature_{0},contribution_{0}", i);
  return header + "\n";
}

std::string line_of_reasons(bool has_reasons, const std::vector<Contribution>& reasons) {
  std::string line;
  for (std::size_t i = 0; has_reasons && i < kReasons; ++i)
    line += i < reasons.size()
                ? fmt::format(",{},{:.6g}", csv_field(reasons[i].feature), reasons[i].contribution)
                : ",,";
  return line + "\n";
}

}  // namespace

std::string DetectionTable::header() const {
  std::string header = "row";
  for (const auto* name : {&names_.part, &group_, &time_, &names_.label})
    if (!name->empty()) header += "," + csv_field(*name);
  return header + ",score,decision" + header_of_reasons(has_reasons_);
}

std::string DetectionTable::line(const DetectedRow& row) const {
  auto line = std::to_string(row.row);
  if (!names_.part.empty()) line += "," + row.part;
  if (!group_.empty()) line += "," + csv_field(row.group);
  if (!time_.empty()) line += "," + row.time;
  if (!names_.label.empty()) line += "," + csv_field(row.label);
  line += fmt::format(",{},{}", row.score, row.anomaly ? "anomaly" : "normal");
  return line + line_of_reasons(has_reasons_, row.reasons);
}

std::string DetectionTable::interval_header() const {
  std::string header;
  for (const auto* name : {&names_.part, &group_})
    if (!name->empty()) header += csv_field(*name) + ",";
  return header + "begin,end,points,peak,peak_at" + header_of_reasons(has_reasons_);
}

std::string DetectionTable::interval_line(const DetectedInterval& interval) const {
  std::string line;
  if (!names_.part.empty()) line += interval.part + ",";
  if (!group_.empty()) line += csv_field(interval.group) + ",";
  line += fmt::format("{},{},{},{},{}", interval.begin, interval.end, interval.points, interval.peak,
                      interval.peak_at);
  return line + line_of_reasons(has_reasons_, interval.reasons);
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

/// The features that add most.
std::vector<Contribution> reasons_of(const Tensor& contributions, const std::vector<std::string>& features) {
  std::vector<Contribution> reasons;
  const auto [values, places] = contributions.topk(std::min(kReasons, contributions.size(0)));
  for (std::int64_t i = 0; i < values.size(0); ++i)
    reasons.push_back(
        {features[static_cast<std::size_t>(places[i].item<std::int64_t>())], values[i].item<double>()});
  return reasons;
}

/// What a table says of a point besides its values.
std::string time_of(const Series& series, std::int64_t point) {
  return series.times.defined() ? time_text(series.times[point].item<double>(), series.has_dates) : "";
}

std::string group_of(const Series& series, std::int64_t point) {
  if (series.group.empty() || !series.groups.defined()) return {};
  return series.group_names[static_cast<std::size_t>(series.groups[point].item<std::int64_t>())];
}

/// The time of a point, or its row where there are no times.
std::string place_of(const Series& series, std::int64_t point) {
  const auto time = time_of(series, point);
  return time.empty() ? std::to_string(series.rows[point].item<std::int64_t>()) : time;
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
  const auto series = are_windows(rows) ? nullptr : rows.series();
  const auto spans = series ? rows.spans() : Tensor();
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
      if (series) {
        const auto point = spans[i * kRows + j][0].item<std::int64_t>();
        row.time = time_of(*series, point);
        row.group = group_of(*series, point);
      }
      if (!explained.names.label.empty())
        row.label = name_of_class(batch.labels[j].item<std::int64_t>(), explained.names.classes);
      if (amounts.defined()) row.reasons = reasons_of(amounts[j], explained.features.names);
      see(row);
    }
  }
}

/// The names of the channels of windows.
std::vector<std::string> channel_names(const Series& series) {
  std::vector<std::string> names;
  for (const auto& channel : series.channels) names.push_back(channel.name);
  return names;
}

DetectedInterval described(const AnomalyInterval& found, const Series& series, const std::string& part) {
  DetectedInterval interval{.part = part,
                            .group = group_of(series, found.begin),
                            .begin = place_of(series, found.begin),
                            .end = place_of(series, found.end),
                            .points = found.points,
                            .peak = found.peak,
                            .peak_at = place_of(series, found.peak_at)};
  if (found.contributions.defined())
    interval.reasons = reasons_of(found.contributions, channel_names(series));
  return interval;
}

/// Scores the points of a part's windows, and gives each to `see`. The intervals of points that are
/// anomalies.
template <class See>
std::vector<DetectedInterval> detect_points_in_part(const TrainedModel& model, const Explained& explained,
                                                    const std::string& part, const Dataset& windows,
                                                    const Threshold& threshold, See see) {
  PointScores scores(windows.series(), windows.shape());
  score_points(*explained.detector.score, *model.network(), windows, scores);
  const auto& series = scores.series();
  const auto points = scores.points();
  const auto scored = scores.scored();
  if (!scored.scores.isfinite().all().item<bool>())
    throw Error("points have scores that are NaN or infinite: choose another score");
  const auto decisions = Detector::decide(scored.scores, threshold);
  const auto names = channel_names(series);
  const auto order = series.rows.index_select(0, points).argsort();
  for (std::int64_t i = 0; i < order.size(0); ++i) {
    const auto place = order[i].item<std::int64_t>(), point = points[place].item<std::int64_t>();
    DetectedRow row{.row = series.rows[point].item<std::int64_t>(),
                    .part = part,
                    .label = {},
                    .time = time_of(series, point),
                    .group = group_of(series, point),
                    .score = scored.scores[place].item<double>(),
                    .anomaly = decisions[place].item<bool>()};
    if (!explained.names.label.empty())
      row.label = name_of_class(series.labels[point].item<std::int64_t>(), explained.names.classes);
    if (scored.contributions.defined()) row.reasons = reasons_of(scored.contributions[place], names);
    see(row);
  }
  std::vector<DetectedInterval> intervals;
  for (const auto& found : intervals_of(points, scored, decisions, series))
    intervals.push_back(described(found, series, part));
  return intervals;
}

/// Throws a FieldError unless the detector's threshold is one of what is scored.
void require_scored_things(const Detector& detector, const AppliedSets& sets) {
  for (const auto& item : sets.parts)
    if (detector.of_points && !are_windows(item.second))
      throw FieldError(
          "data",
          "the run's thresholds are of points of series: give the data by the source \"windows\", "
          "as the run has them");
}

/// The file that the table is written to, not there yet.
void require_new(const std::string& output, const std::string& field) {
  if (output.empty()) return;
  const std::filesystem::path path(output);
  refuse_checkpoints(path);
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored))
    throw FieldError(field,
                     output + " already exists and is not overwritten: remove it, or choose another file");
  const auto folder = path.parent_path();
  if (!folder.empty() && !std::filesystem::is_directory(folder, ignored))
    throw FieldError(field, folder.string() + " is not a folder: create it first");
}

/// Writes the intervals, all at once.
void write_intervals(const std::filesystem::path& path, const DetectionTable& table,
                     const std::vector<DetectedInterval>& intervals) {
  StreamedFile file(path);
  file.append(table.interval_header());
  for (const auto& interval : intervals) file.append(table.interval_line(interval));
  file.finish();
}

}  // namespace

DetectionOutcome detect_anomalies(const std::filesystem::path& model_path, const DetectionConfig& config,
                                  const DetectionVisitor& visitor) {
  check_config(config, "detection");
  require_new(config.output, "output");
  require_new(config.intervals, "intervals");
  if (!config.output.empty() && config.intervals == config.output)
    throw FieldError("intervals", "is the file of the table: choose another one");
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
  require_scored_things(detector, sets);
  if (!config.intervals.empty() && !detector.of_points)
    throw FieldError("intervals", "are of points of series, and the run's rows are no windows: leave it out");
  const Explained explained{detector, known_features(model.transforms(), model.input(), *model.network()),
                            sets.names};
  DetectionOutcome outcome{.score = detector.config,
                           .definition = detector.score->definition(),
                           .threshold = detector.threshold(config.threshold),
                           .detector = path};
  outcome.has_reasons = has_reasons(detector, model, sets);
  outcome.of_points = detector.of_points;
  const auto series = sets.parts.front().second.series();
  const bool has_times = series && (detector.of_points || series->channels.empty());
  const DetectionTable table(sets.names, outcome.has_reasons, has_times ? series->time : "",
                             has_times ? series->group : "");
  std::optional<StreamedFile> file;
  if (!config.output.empty()) {
    outcome.file = config.output;
    file.emplace(outcome.file);
    file->append(table.header());
  }
  if (visitor.begin) visitor.begin(table);
  const auto see = [&](const DetectedRow& row) {
    ++outcome.rows;
    outcome.anomalies += row.anomaly ? 1 : 0;
    if (file) file->append(table.line(row));
    if (visitor.row) visitor.row(row);
  };
  for (const auto& [part, rows] : sets.parts) {
    if (!detector.of_points) {
      detect_in_part(model, explained, part, rows, outcome.threshold, see);
      continue;
    }
    for (auto& interval : detect_points_in_part(model, explained, part, rows, outcome.threshold, see))
      outcome.intervals.push_back(std::move(interval));
    if (config.data && !config.part) outcome.not_scored += rows.series()->rows.size(0);
  }
  if (config.data && !config.part && detector.of_points) outcome.not_scored -= outcome.rows;
  if (!config.intervals.empty()) {
    outcome.intervals_file = config.intervals;
    write_intervals(outcome.intervals_file, table, outcome.intervals);
  }
  if (file) file->finish();
  return outcome;
}

}  // namespace aelab
