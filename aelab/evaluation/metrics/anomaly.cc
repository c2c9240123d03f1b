#include "aelab/evaluation/metrics/anomaly.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <map>

#include "aelab/core/text.h"
#include "aelab/data/normal_classes.h"
#include "aelab/evaluation/samplers/gaussian_samplers.h"
#include "aelab/evaluation/scores/density_score.h"
#include "aelab/evaluation/scores/likelihood_score.h"
#include "aelab/evaluation/scores/mahalanobis_score.h"
#include "aelab/evaluation/scores/reconstruction_score.h"

namespace aelab {
namespace {

constexpr std::int64_t kFitSeed = 0;  // that of detectors

}  // namespace

void AnomalyDetection::Config::fields(Fields& f) {
  f("scores", scores, "anomaly scores to measure; default: reconstruction").also_known_as({"score"});
  f("normal", normal,
    "classes of normal rows, by name or number, one or a list; default: those of \"normal\" in the data "
    "section")
      .also_known_as({"normal_class", "normal_classes"});
  f("false_positive_rate", false_positive_rate, "where the partial area under the ROC curve ends",
    Bounds{.least = 0, .most = 1, .open = true})
      .also_known_as({"max_fpr"});
  f("resamples", resamples, "number of bootstrap resamples for intervals", between(0, 1'000'000))
      .also_known_as({"bootstrap", "n_bootstrap"});
  f("seed", seed, "of the resamples", at_least(0));
  const auto problem = problem_of_normal(normal);
  f.require(problem.empty(), "normal", problem);
}

std::vector<AnomalyDetection::Config> AnomalyDetection::Config::examples() {
  return {{.scores = {ReconstructionScore::Config{.scaled = true}, LikelihoodScore::Config{.samples = 3},
                      MahalanobisScore::Config{}, DensityScore::Config{.sampler = GaussianSampler::Config{}}},
           .normal = {"0"},
           .resamples = 20}};
}

std::vector<Choice<AnomalyScore>> AnomalyDetection::Config::measured() const {
  if (!scores.empty()) return scores;
  return {ReconstructionScore::Config{}};
}

std::vector<std::int64_t> AnomalyDetection::Config::normal_of(const Split& data) const {
  const auto& rows = data.test.has_labels() ? data.test : data.train;
  if (names_of_normal(normal).empty()) {
    if (!data.normal.classes.empty()) return data.normal.classes;
    throw Error(
        "the metric \"anomaly\" needs to know which classes are normal: set \"normal\" in the data section, "
        "such as {\"normal\": 0}, to train on these alone, or in the metric");
  }
  std::int64_t classes = 0;
  for (const auto* part : {&data.train, &data.validation, &data.test})
    if (part->has_labels() && part->size() > 0)
      classes = std::max(classes, part->labels().max().item<std::int64_t>() + 1);
  if (!rows.has_labels()) classes = 0;
  return normal_classes(normal, classes, data.class_names);
}

std::vector<std::string> names_of_scores(const std::vector<Choice<AnomalyScore>>& scores) {
  std::map<std::string, int> seen;
  std::vector<std::string> names;
  for (const auto& score : scores) {
    const int number = ++seen[score.kind()];
    names.push_back(number == 1 ? score.kind() : score.kind() + "-" + std::to_string(number));
  }
  return names;
}

Ranking ranking_of(const Tensor& scores, const Tensor& strange, double false_positive_rate) {
  const auto values = scores.contiguous();
  const auto flags = strange.to(at::kByte).contiguous();
  const auto rows = static_cast<std::size_t>(values.numel());
  return {{values.const_data_ptr<double>(), rows},
          {flags.const_data_ptr<std::uint8_t>(), rows},
          false_positive_rate};
}

AnomalyDetection::AnomalyDetection(const Config& config) : config_(config) {
  const auto scores = config_.measured();
  const auto names = names_of_scores(scores);
  for (std::size_t i = 0; i < scores.size(); ++i)
    scored_.push_back({.name = names[i], .score = scores[i].make()});
}

std::vector<Measure> AnomalyDetection::measures() const {
  std::vector<Measure> measures;
  const auto interval = fmt::format(
      " end of its 95 % interval, by percentiles of {} bootstrap resamples of the evaluated rows of either "
      "side",
      config_.resamples);
  for (const auto& scored : scored_) {
    const auto of = "; score: " + scored.score->definition();
    const auto add = [&](const std::string& name, const std::string& definition, Direction better) {
      measures.push_back({"anomaly/" + scored.name + "/" + name, definition, better});
    };
    const std::string auc =
        "area under the ROC curve of rows of other classes than the normal ones, ties "
        "counting half";
    const std::string precision =
        "average precision: sum over thresholds of precision times the gain of "
        "recall, anomalies being the positive class";
    const auto add_with_interval = [&](const std::string& name, const std::string& definition) {
      add(name, definition, Direction::higher);
      if (config_.resamples == 0) return;
      add(name + "_low", "lower" + interval, Direction::neither);
      add(name + "_high", "upper" + interval, Direction::neither);
    };
    add_with_interval("auc", auc + of);
    add_with_interval("average_precision", precision + of);
    add("precision_at_n",
        "share of anomalies among the n highest scores, of n anomalies; rows tied at the last of them count "
        "alike",
        Direction::higher);
    add("partial_auc",
        fmt::format(
            "area under the ROC curve up to a false positive rate of {}, standardized to 0.5 for chance "
            "and 1 for a perfect score (McClish 1989)",
            config_.false_positive_rate),
        Direction::higher);
    add("best_f1", "largest F1 of any threshold", Direction::higher);
  }
  return measures;
}

void AnomalyDetection::check(const Split& data) const {
  (void)config_.normal_of(data);
  if (!data.test.has_labels() && data.test.size() > 0)
    throw Error("the metric \"anomaly\" needs labels of the test rows, and these have none");
}

void AnomalyDetection::begin(const Autoencoder& model, const Split& data) {
  model_ = &model;
  normal_ = config_.normal_of(data);
  for (auto& scored : scored_) {
    scored.reason = scored.score->unsuited(model);
    if (scored.reason.empty()) {
      try {
        scored.score->fit(model, data.train, kFitSeed);
      } catch (const Error& error) {  // too few rows, or codes that are not finite
        scored.reason = error.what();
      }
    }
    scored.applies = scored.reason.empty();
  }
}

void AnomalyDetection::add(const Observation& observation) {
  if (!observation.labels.defined()) return;
  const Batch rows{.inputs = observation.inputs(), .labels = observation.labels, .rows = observation.rows};
  strange_.push_back(are_normal(observation.labels, normal_).logical_not());
  for (auto& scored : scored_)
    if (scored.applies) scored.scores.push_back(scored.score->score(*model_, rows, false).scores);
}

std::vector<std::optional<double>> AnomalyDetection::values() const {
  std::vector<std::optional<double>> values;
  for (const auto& scored : scored_) {
    const auto scores = scored.scores.empty() ? at::empty({0}, at::kDouble) : at::cat(scored.scores);
    RankingQuality quality;
    std::optional<RankingIntervals> intervals;
    if (scores.numel() > 0 && scores.isfinite().all().item<bool>()) {
      const auto ranking = ranking_of(scores, at::cat(strange_), config_.false_positive_rate);
      quality = ranking.quality();
      if (config_.resamples > 0) intervals = ranking.intervals(config_.resamples, config_.seed);
    }
    const auto add_with_interval = [&](std::optional<double> value, std::size_t i) {
      values.push_back(value);
      if (config_.resamples == 0) return;
      values.push_back(intervals ? std::optional(intervals->of_values[i].first) : std::nullopt);
      values.push_back(intervals ? std::optional(intervals->of_values[i].second) : std::nullopt);
    };
    const auto [auc, average, at_n, partial, f1] = quality;
    add_with_interval(auc, 0);
    add_with_interval(average, 1);
    values.insert(values.end(), {at_n, partial, f1});
  }
  return values;
}

std::vector<std::string> AnomalyDetection::cautions() const {
  std::vector<std::string> cautions;
  for (const auto& scored : scored_)
    if (!scored.applies) cautions.push_back("anomaly/" + scored.name + ": not measured: " + scored.reason);
  return cautions;
}

}  // namespace aelab
