#include "aelab/runs/anomaly_summary.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "aelab/core/files.h"
#include "aelab/data/input_schema.h"
#include "aelab/data/inversion.h"
#include "aelab/data/normal_classes.h"
#include "aelab/data/pictures.h"
#include "aelab/evaluation/delong.h"
#include "aelab/evaluation/metrics/anomaly.h"
#include "aelab/evaluation/quantile.h"
#include "aelab/runs/contours.h"
#include "aelab/runs/detector_file.h"
#include "aelab/runs/feature_names.h"
#include "aelab/runs/picture_lines.h"

namespace aelab {
namespace {

using nlohmann::json;

constexpr std::int64_t kStrangestRows = 12, kMarkedCells = 3, kMostColumns = 12;
constexpr int kBinsOfScores = 40;

/// A score of the test rows.
struct ScoredTest {
  std::string name;
  Detector detector;
  Tensor scores;  // [n] float64
};

/// What all scores share.
struct AnomalyTest {
  const AnomalyDetection::Config& config;
  const RunConfig& run;
  const Made& made;
  std::vector<std::int64_t> normal;  // classes
  Tensor labels, strange;            // [n]

  const Dataset& rows() const { return made.data.test; }
};

std::vector<double> list_of(const Tensor& values) {
  const auto whole = values.to(at::kDouble).contiguous();
  return {whole.const_data_ptr<double>(), whole.const_data_ptr<double>() + whole.numel()};
}

std::vector<std::uint8_t> flags_of(const Tensor& strange) {
  const auto whole = strange.to(at::kByte).contiguous();
  return {whole.const_data_ptr<std::uint8_t>(), whole.const_data_ptr<std::uint8_t>() + whole.numel()};
}

json counts_between(const std::vector<double>& edges, const Tensor& values) {
  std::vector<std::int64_t> counts(edges.size() - 1, 0);
  for (const double value : list_of(values)) {
    const auto above = std::upper_bound(edges.begin() + 1, edges.end() - 1, value);
    ++counts[static_cast<std::size_t>(above - edges.begin() - 1)];
  }
  return counts;
}

/// Of normal and of other rows, over the logarithm where scores lie decades apart.
json distribution_json(const Tensor& scores, const Tensor& strange) {
  constexpr double kDecades = 30;
  const double least = scores.min().item<double>(), most = scores.max().item<double>();
  const bool is_log = least > 0 && most > kDecades * least;
  const auto values = is_log ? scores.log10() : scores;
  const double low = values.min().item<double>(),
               width = std::max(values.max().item<double>() - low, 1e-9 * std::max(1.0, std::abs(low)));
  std::vector<double> edges;
  for (int i = 0; i <= kBinsOfScores; ++i) edges.push_back(low + width * i / kBinsOfScores);
  return {{"logarithmic", is_log},
          {"edges", edges},
          {"normal", counts_between(edges, values.masked_select(strange.logical_not()))},
          {"anomalies", counts_between(edges, values.masked_select(strange))}};
}

json classes_json(const AnomalyTest& test, const Tensor& scores, const Threshold& threshold) {
  json classes = json::array();
  const auto numbers = std::get<0>(at::_unique2(test.labels));
  for (std::int64_t i = 0; i < numbers.numel(); ++i) {
    const auto number = numbers[i].item<std::int64_t>();
    const auto own = scores.masked_select(test.labels == number);
    const bool is_normal = std::binary_search(test.normal.begin(), test.normal.end(), number);
    classes.push_back(
        {{"class", name_of_class(number, test.made.source->class_names)},
         {"normal", is_normal},
         {"rows", own.numel()},
         {"median", rounded(quantile_of(own, 0.5))},
         {"above", rounded(Detector::decide(own, threshold).to(at::kDouble).mean().item<double>())}});
  }
  return classes;
}

/// The places of all rows in the stored set, [n].
Tensor stored_rows(const Dataset& rows) {
  constexpr std::int64_t kBlock = 4096;
  std::vector<Tensor> places;
  for (std::int64_t i = 0; i < rows.size(); i += kBlock)
    places.push_back(rows.range(i, std::min(i + kBlock, rows.size())).rows);
  return at::cat(places);
}

/// Of the normal rows in the order of their file, in blocks of equal numbers; null of few rows.
json drift_json(const AnomalyTest& test, const Tensor& places, const Tensor& scores,
                const Threshold& threshold) {
  constexpr std::int64_t kMostBlocks = 24, kLeastBlocks = 3, kLeastRows = 10;
  const auto normal = test.strange.logical_not();
  const auto [rows, order] = places.masked_select(normal).sort();
  const auto sorted = scores.masked_select(normal).index_select(0, order);
  const auto count = rows.size(0), blocks = std::min(kMostBlocks, count / kLeastRows);
  if (blocks < kLeastBlocks) return {};
  json drift = json::array();
  for (std::int64_t i = 0; i < blocks; ++i) {
    const auto begin = i * count / blocks, end = (i + 1) * count / blocks;
    const auto own = sorted.slice(0, begin, end);
    drift.push_back(
        {{"first", rows[begin].item<std::int64_t>()},
         {"last", rows[end - 1].item<std::int64_t>()},
         {"median", rounded(quantile_of(own, 0.5))},
         {"low", rounded(quantile_of(own, 0.25))},
         {"high", rounded(quantile_of(own, 0.75))},
         {"above", rounded(Detector::decide(own, threshold).to(at::kDouble).mean().item<double>())}});
  }
  return drift;
}

json ends_json(const std::vector<RankingIntervals::Interval>& intervals, bool upper) {
  json ends = json::array();
  for (const auto& [low, high] : intervals) ends.push_back(rounded(upper ? high : low));
  return ends;
}

json rounded_numbers(const std::vector<double>& values) {
  json list = json::array();
  for (const double value : values) list.push_back(rounded(value));
  return list;
}

void add_ranking(json& shown, const AnomalyTest& test, const Tensor& scores) {
  const auto ranking = ranking_of(scores, test.strange, test.config.false_positive_rate);
  const auto values = ranking.quality().values();
  if (!values.front()) return;  // rows of one side alone
  const auto intervals = ranking.intervals(test.config.resamples, test.config.seed);
  for (std::size_t i = 0; i < values.size(); ++i) {
    auto& measure = shown["measures"][std::string(RankingQuality::kNames[i])];
    measure["value"] = *values[i];
    if (!intervals) continue;
    measure["low"] = intervals->of_values[i].first;
    measure["high"] = intervals->of_values[i].second;
  }
  shown["roc"]["found"] = rounded_numbers(ranking.found_at_grid());
  shown["precision_recall"]["precision"] = rounded_numbers(ranking.precision_at_grid());
  if (!intervals) return;
  for (const bool upper : {false, true}) {
    shown["roc"][upper ? "high" : "low"] = ends_json(intervals->found, upper);
    shown["precision_recall"][upper ? "high" : "low"] = ends_json(intervals->precision, upper);
  }
}

void add_delong(json& shown, const AnomalyTest& test, const ScoredTest& first, const ScoredTest& scored) {
  const auto found = delong_test(list_of(scored.scores), list_of(first.scores), flags_of(test.strange));
  if (!found) return;
  shown["delong"] = {{"against", first.name}, {"difference", found->difference}};
  if (found->p) {
    shown["delong"]["error"] = found->error;
    shown["delong"]["p"] = *found->p;
  }
}

/// The features that add most to a row's score, with their values.
json cells_json(const Tensor& contributions, const Tensor& values, const std::vector<std::string>& names) {
  json cells = json::array();
  const auto [most, places] = contributions.topk(std::min(kMarkedCells, contributions.size(0)));
  for (std::int64_t i = 0; i < most.size(0); ++i) {
    const auto place = places[i].item<std::int64_t>();
    cells.push_back({{"feature", names[static_cast<std::size_t>(place)]},
                     {"contribution", rounded(most[i].item<double>())}});
    if (values.defined()) {
      cells.back()["value"] = rounded(values[place].item<double>());
      cells.back()["place"] = place;
    }
  }
  return cells;
}

/// Rows in the units of the source, [n, features] in the order of names; undefined where they are other
/// features.
Tensor values_of_source(const AnomalyTest& test, const Tensor& targets) {
  const auto& model = *test.made.model;
  const auto first = elements(model.input_shape()) - elements(model.target_shape());
  const Inversion inversion(test.made.data.transforms, test.made.source->shape(),
                            model.reconstructs_input() ? 0 : first);
  if (!inversion.keeps_features()) return {};
  const auto values = inversion(targets).flatten(1);
  return values.size(1) == elements(model.target_shape()) ? values : Tensor();
}

void add_strangest(json& shown, const AnomalyTest& test, const ScoredTest& scored, const Threshold& threshold,
                   const std::filesystem::path& folder) {
  const auto& model = *test.made.model;
  const auto order = std::get<1>(scored.scores.sort(/*stable=*/true, 0, /*descending=*/true));
  const auto rows = test.rows().subset(order.slice(0, 0, kStrangestRows));
  const auto batch = rows.range(0, rows.size()).to(model.parameters().front().device());
  const auto known = known_features(test.made.data.transforms, schema_of(*test.made.source), model);
  auto contributions = score_rows(*scored.detector.score, model, rows, /*explain=*/true).contributions;
  if (contributions.defined()) contributions = known.summed(contributions);
  const auto targets = model.target(batch.inputs);
  const auto& names = known.names;
  const bool pictures = is_picture(Shape(targets.sizes().begin() + 1, targets.sizes().end()));
  const auto values = pictures ? Tensor() : values_of_source(test, targets);
  shown["strangest"] = json::array();
  for (std::int64_t i = 0; i < rows.size(); ++i) {
    const double score = scored.scores[order[i].item<std::int64_t>()].item<double>();
    json row = {{"row", batch.rows[i].item<std::int64_t>()},
                {"class", name_of_class(batch.labels[i].item<std::int64_t>(), test.made.source->class_names)},
                {"score", rounded(score)},
                {"anomaly", score > threshold.value},
                {"cells", json::array()}};
    if (contributions.defined())
      row["cells"] = cells_json(contributions[i], values.defined() ? values[i] : Tensor(), names);
    if (values.defined() && values.size(1) <= kMostColumns) row["values"] = rounded_list(values[i]);
    shown["strangest"].push_back(std::move(row));
  }
  if (values.defined() && values.size(1) <= kMostColumns) shown["columns"] = names;
  if (!pictures || !model.reconstructs()) return;
  const auto reconstructions = model.reconstruct(batch.inputs, model.condition(batch));
  shown["pictures"] = draw_picture_lines(folder / ("anomalies-" + scored.name + ".png"),
                                         {targets.cpu(), reconstructions.cpu()}, kStrangestRows);
}

/// The scores that apply, with the detectors that are kept.
std::vector<ScoredTest> score_test(const AnomalyTest& test, const std::filesystem::path& folder) {
  const auto& model = *test.made.model;
  const auto scores = test.config.measured();
  const auto names = names_of_scores(scores);
  std::vector<ScoredTest> all;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (!scores[i].make()->unsuited(model).empty()) continue;
    try {
      auto detector = fit_detector(model, test.made.data, scores[i]);
      auto values = score_rows(*detector.score, model, test.rows()).scores;
      if (!values.isfinite().all().item<bool>()) continue;
      const auto path = detector_path(folder, scores[i], model);
      std::filesystem::create_directories(path.parent_path());
      write_detector(path, detector, model);
      if (detector.of_points) score_references(detector, model, test.made.data, /*of_points=*/false);
      all.push_back({names[i], std::move(detector), std::move(values)});
    } catch (const Error&) {  // what the metric's cautions say
    }
  }
  return all;
}

const AnomalyDetection::Config* anomaly_metric(const RunConfig& config) {
  for (const auto& metric : config.evaluation)
    if (const auto* found = metric.get_if<AnomalyDetection::Config>()) return found;
  return nullptr;
}

}  // namespace

void write_anomaly_summary(const std::filesystem::path& folder, const RunConfig& config, const Made& made) {
  const auto* metric = anomaly_metric(config);
  if (!metric || made.data.test.size() == 0 || !made.data.test.has_labels()) return;
  const auto normal = metric->normal_of(made.data);
  const auto labels = made.data.test.labels();
  const AnomalyTest test{*metric, config, made, normal, labels, are_normal(labels, normal).logical_not()};
  const auto scored = score_test(test, folder);
  const auto places = stored_rows(test.rows());
  json record = {{"format", 1},
                 {"part", name_of(SplitPart::test)},
                 {"rows", labels.numel()},
                 {"anomalies", test.strange.sum().item<std::int64_t>()},
                 {"normal", classes_in_words(normal, made.source->class_names)},
                 {"false_positive_rate", metric->false_positive_rate},
                 {"resamples", metric->resamples},
                 {"grid", Ranking::grid()},
                 {"scores", json::array()}};
  for (const auto& one : scored) {
    const auto threshold = one.detector.threshold({});
    json shown = {{"name", one.name},
                  {"definition", one.detector.score->definition()},
                  {"threshold", {{"value", threshold.value}, {"rule", threshold.rule}}},
                  {"distribution", distribution_json(one.scores, test.strange)},
                  {"classes", classes_json(test, one.scores, threshold)},
                  {"drift", drift_json(test, places, one.scores, threshold)}};
    add_ranking(shown, test, one.scores);
    if (&one != &scored.front()) add_delong(shown, test, scored.front(), one);
    add_strangest(shown, test, one, threshold, folder / "summary");
    record["scores"].push_back(std::move(shown));
  }
  write_file(folder / "summary" / "anomaly.json", record.dump() + "\n");
}

}  // namespace aelab
