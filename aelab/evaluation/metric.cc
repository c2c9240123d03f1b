#include "aelab/evaluation/metric.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>

#include "aelab/core/signals.h"
#include "aelab/data/batches.h"
#include "aelab/nn/mode.h"

namespace aelab {

std::span<const std::string_view> names(Direction) {
  static constexpr std::array<std::string_view, 3> kNames = {"lower", "higher", "neither"};
  return kNames;
}

bool any_measured(const std::vector<Result>& results) {
  return std::any_of(results.begin(), results.end(), [](const Result& result) { return result.value; });
}

namespace {

/// Gives a metric the features that it names.
void open_features(Metric& metric, const FeatureSource& features) {
  const auto path = metric.features();
  if (path.empty()) return;
  if (!features)
    throw Error("evaluation: a metric compares rows in the features of " + path +
                ", and evaluate() was given no source of features: give it one, such as ModelFeatures "
                "(runs/model_features.h)");
  metric.use(features(path));
}

}  // namespace

std::vector<Result> evaluate(const Autoencoder& model, const Dataset& part, const Split& data,
                             const std::vector<Choice<Metric>>& metrics, std::vector<std::string>* cautions,
                             const FeatureSource& features) {
  constexpr std::int64_t kRows = 1000;
  if (part.size() == 0) throw Error("evaluation: this split has no rows");
  const c10::InferenceMode inference;
  const ModeScope evaluation(model, /*training=*/false);
  const auto device = model.parameters().front().device();
  const auto applies = [&](const Metric& metric) {
    return model.reconstructs() || !metric.needs_reconstruction();
  };
  std::vector<std::shared_ptr<Metric>> made;
  for (const auto& metric : metrics) {
    made.push_back(metric.make());
    open_features(*made.back(), features);
    made.back()->begin(model, data);
  }
  const Batches batches(part, kRows);
  const auto truth = part.truth();
  const auto held_out = part.held_out();
  for (std::int64_t i = 0; i < batches.count(); ++i) {
    StopSignals::check();
    const auto batch = batches[i].to(device);
    const auto condition = model.condition(batch);
    const auto code = model.encode(batch.inputs, condition);
    Observation observation{.target = model.target(batch.inputs),
                            .code = code,
                            .reconstruction = {},
                            .input = batch.inputs,
                            .labels = batch.labels,
                            .factors = batch.factors,
                            .rows = batch.rows,
                            .truth = truth,
                            .held_out = held_out};
    if (model.reconstructs()) observation.reconstruction = model.decode(code, condition);
    if (model.classifies()) observation.predicted = model.classify(batch.inputs);
    for (const auto& metric : made)
      if (applies(*metric)) metric->add(observation);
  }
  std::vector<Result> results;
  for (const auto& metric : made) {
    StopSignals::check();
    const auto measures = metric->measures();
    const auto values =
        applies(*metric) ? metric->values() : std::vector<std::optional<double>>(measures.size());
    for (std::size_t i = 0; i < measures.size(); ++i) results.push_back({measures[i], values[i]});
    if (!cautions || !applies(*metric)) continue;
    for (auto& caution : metric->cautions()) cautions->push_back(std::move(caution));
  }
  return results;
}

}  // namespace aelab
