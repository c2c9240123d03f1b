#include "aelab/evaluation/detector.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "aelab/data/normal_classes.h"
#include "aelab/evaluation/point_scores.h"
#include "aelab/evaluation/quantile.h"
#include "aelab/evaluation/ranking.h"

namespace aelab {
namespace {

constexpr double kDefaultRate = 0.05, kPercent = 100;

/// The scores that are those of normal rows as far as it is known, and what they are of.
struct Reference {
  Tensor scores;
  std::string rows;  ///< "180 normal validation rows"
};

std::string_view scored_things(const Detector& detector) { return detector.of_points ? "points" : "rows"; }

Reference reference_of(const Detector& detector) {
  const auto normal = detector.strange.defined()
                          ? detector.validation.masked_select(detector.strange.logical_not())
                          : detector.validation;
  if (normal.numel() > 0)
    return {normal, fmt::format("{} {}validation {}", normal.numel(),
                                detector.strange.defined() ? "normal " : "", scored_things(detector))};
  return {detector.training,
          fmt::format("{} training {}", detector.training.numel(), scored_things(detector))};
}

Threshold by_contamination(const Detector& detector, double share) {
  auto reference = reference_of(detector);
  auto scores = at::cat({detector.training, reference.scores});
  if (reference.scores.is_same(detector.training)) scores = detector.training;
  return {quantile_of(scores, 1 - share),
          fmt::format("{:g} % of {} training and validation {} have higher scores", kPercent * share,
                      scores.numel(), scored_things(detector))};
}

Threshold by_percentile(const Detector& detector, double percentile) {
  const auto [scores, rows] = reference_of(detector);
  return {quantile_of(scores, percentile / kPercent),
          fmt::format("percentile {:g} of the scores of {}", percentile, rows)};
}

Threshold by_rate(const Detector& detector, double rate) {
  constexpr double kRoundingOfShare = 1e-9;  // of a share times a number of rows
  const auto [scores, rows] = reference_of(detector);
  const auto ascending = std::get<0>(scores.sort());
  const auto count = scores.numel();
  const auto above =
      static_cast<std::int64_t>(std::floor(rate * static_cast<double>(count) + kRoundingOfShare));
  const auto place = std::max<std::int64_t>(0, count - 1 - above);
  return {ascending[place].item<double>(),
          fmt::format("at most {:g} % of {} have higher scores", kPercent * rate, rows)};
}

Threshold by_f1(const Detector& detector) {
  const auto count = detector.strange.defined() ? detector.strange.sum().item<std::int64_t>() : 0;
  if (count == 0)
    throw FieldError("f1",
                     "needs validation rows that are known to be anomalies, and there are none: set "
                     "data.normal in the run file, and give the source rows of other classes, or choose "
                     "\"false-positive-rate\"");
  const auto scores = detector.validation.contiguous();
  const auto strange = detector.strange.to(at::kByte).contiguous();
  const auto rows = static_cast<std::size_t>(scores.numel());
  const Ranking ranking({scores.const_data_ptr<double>(), rows},
                        {strange.const_data_ptr<std::uint8_t>(), rows}, 1);
  const double lowest = ranking.threshold_of_best_f1();
  const auto below = scores.masked_select(scores < lowest);
  const double next = below.numel() > 0 ? below.max().item<double>() : lowest - 1;
  return {next + (lowest - next) / 2,
          fmt::format("the largest F1, {:.4g}, of {} validation {} with {} anomalies",
                      ranking.quality().best_f1.value_or(1), rows, scored_things(detector), count)};
}

void require_finite_scores(const Tensor& scores, const std::string& part) {
  if (!scores.isfinite().all().item<bool>())
    throw Error("scores of " + part + " are NaN or infinite: choose another score, or another model");
}

/// In ascending order, with the order of what belongs to them.
std::tuple<Tensor, Tensor> ascending_scores(const AnomalyScore& score, const Autoencoder& model,
                                            const Dataset& rows, const std::string& part) {
  const auto scores = score_rows(score, model, rows).scores;
  require_finite_scores(scores, part + " rows");
  return scores.sort();
}

}  // namespace

void ThresholdConfig::fields(Fields& f) {
  f("contamination", contamination,
    "threshold: this share of the training and normal validation rows has higher scores",
    Bounds{.least = 0, .most = 1, .open = true});
  f("percentile", percentile, "threshold: this percentile of the scores of normal validation rows",
    between(0, kPercent));
  f("false-positive-rate", false_positive_rate,
    "threshold: at most this share of the normal validation rows has higher scores; 0.05 if no threshold is "
    "chosen",
    Bounds{.least = 0, .most = 1, .open = true});
  f("f1", f1,
    "threshold: the one with the largest F1 on validation rows, with those that \"normal\" of the run's data "
    "left out");
  f("threshold", threshold, "threshold: this score");
  require_one(f);
}

void ThresholdConfig::require_one(Fields& f) const {
  const std::pair<const char*, bool> all[] = {{"contamination", contamination.has_value()},
                                              {"percentile", percentile.has_value()},
                                              {"false-positive-rate", false_positive_rate.has_value()},
                                              {"f1", f1},
                                              {"threshold", threshold.has_value()}};
  std::string first;
  for (const auto& [name, given] : all) {
    if (!given) continue;
    f.require(first.empty(), name, "conflicts with \"" + first + "\": choose one threshold");
    if (first.empty()) first = name;
  }
}

Threshold Detector::threshold(const ThresholdConfig& chosen) const {
  if (chosen.threshold) return {*chosen.threshold, "given"};
  if (chosen.contamination) return by_contamination(*this, *chosen.contamination);
  if (chosen.percentile) return by_percentile(*this, *chosen.percentile);
  if (chosen.f1) return by_f1(*this);
  return by_rate(*this, chosen.false_positive_rate.value_or(kDefaultRate));
}

Tensor Detector::decide(const Tensor& scores, const Threshold& threshold) { return scores > threshold.value; }

Detector fit_detector(const Autoencoder& model, const Split& data, const Choice<AnomalyScore>& config,
                      std::int64_t seed) {
  Detector detector{.config = config, .score = config.make(), .training = {}, .validation = {}};
  detector.score->fit(model, data.train, seed);
  score_references(detector, model, data, are_windows(data.train));
  return detector;
}

namespace {

/// The points of some windows, scored.
PointScores points_of(const AnomalyScore& score, const Autoencoder& model, const Dataset& like,
                      std::initializer_list<const Dataset*> parts) {
  PointScores scores(like.series(), like.shape());
  for (const auto* part : parts)
    if (part->size() > 0) score_points(score, model, *part, scores);
  return scores;
}

void score_points_of_split(Detector& detector, const Autoencoder& model, const Split& data) {
  const auto& score = *detector.score;
  const auto trained = rows_to_fit(data.train);
  detector.training = std::get<0>(points_of(score, model, data.train, {&trained}).scored().scores.sort());
  require_finite_scores(detector.training, "training points");
  const auto validated = points_of(score, model, data.train, {&data.validation, &data.normal.left_out});
  Tensor order;
  std::tie(detector.validation, order) = validated.scored().scores.sort();
  require_finite_scores(detector.validation, "validation points");
  const auto& labels = validated.series().labels;
  if (!data.normal.classes.empty() && detector.validation.numel() > 0)
    detector.strange =
        are_normal(labels.index_select(0, validated.points().index_select(0, order)), data.normal.classes)
            .logical_not();
}

}  // namespace

void score_references(Detector& detector, const Autoencoder& model, const Split& data, bool of_points) {
  detector.of_points = of_points;
  detector.strange = Tensor();
  if (of_points) return score_points_of_split(detector, model, data);
  detector.training =
      std::get<0>(ascending_scores(*detector.score, model, rows_to_fit(data.train), "training"));
  const auto& [classes, left_out, not_trained] = data.normal;
  std::vector<Dataset> parts;
  for (const auto* part : {&data.validation, &left_out})
    if (part->size() > 0) parts.push_back(*part);
  const auto rows = joined(parts);
  Tensor order;
  std::tie(detector.validation, order) = ascending_scores(*detector.score, model, rows, "validation");
  if (!classes.empty() && rows.size() > 0)
    detector.strange = are_normal(rows.labels(), classes).logical_not().index_select(0, order);
}

}  // namespace aelab
