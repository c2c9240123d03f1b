// The evaluation of a recorded run.

#include <fmt/format.h>

#include <array>

#include "aelab/core/terminal.h"
#include "aelab/core/text.h"
#include "aelab/data/dataset.h"
#include "aelab/evaluation/distinct_measures.h"
#include "aelab/evaluation/seen_classes.h"
#include "aelab/runs/model_features.h"
#include "aelab/runs/run.h"
#include "aelab/runs/trained_run.h"
#include "aelab/runs/working_folder.h"
#include "aelab/training/check.h"

namespace aelab {

std::span<const std::string_view> names(SplitPart) {
  static constexpr std::array<std::string_view, 3> kNames = {"train", "validation", "test"};
  return kNames;
}

const Dataset& part_of(const Split& split, SplitPart part) {
  if (part == SplitPart::train) return split.train;
  return part == SplitPart::validation ? split.validation : split.test;
}

void EvaluationConfig::fields(Fields& f) {
  f("part", part, "split; if omitted, the test split, or all rows of other data without one");
  f("checkpoint", checkpoint, "checkpoint to load");
  f("data", data, "data source: a name, or a JSON object as in a run file; the run's own data if omitted");
  f("metrics", metrics,
    "metrics: names or JSON objects as in a run file, separated by commas; the run's own if omitted");
  f.require(!data || data->split.transforms.empty(), "data",
            "the run's own \"transforms\" are applied: remove them here");
}

namespace {

/// Unlike a rare class of a run's own test split, a class of other data that the run was not trained on is a
/// mistake.
void require_seen_classes(const TrainedRun& run, const Dataset& rows,
                          const std::vector<Choice<Metric>>& metrics) {
  const auto unseen = unseen_classes(metrics, rows, run.data.train, run.source.class_names);
  if (!unseen.empty())
    throw FieldError("data", unseen + "; leave out the rows of these classes, or choose other metrics");
}

/// Rows of other data: of the given split, or else of the test split; all of them if the data have no splits.
Dataset rows_of_other(const TrainedRun& run, const DataConfig& config, std::optional<SplitPart> part) {
  const auto other = in_field("data", [&] {
    auto data = open_for_model(run.model, config.source);
    if (run.source.train.has_labels() && data.train.has_labels())
      require_same_classes(run.model.input(), schema_of(data));
    return data;
  });
  if (!part && !other.test && !config.split.test) return other.train;
  const auto split = in_field("data", [&] { return other.split(config.split, run.config().seed); });
  return part_of(split, part.value_or(SplitPart::test));
}

/// Throws a FieldError unless the likelihood has these values, of `whose` rows.
void require_supported(const Range& values, const std::string& whose, const Bounds& support,
                       const std::string& likelihood) {
  if (support.allow(values.first) && support.allow(values.second)) return;
  throw FieldError(
      "data",
      fmt::format(
          "{}values from {} to {}, after the run's transforms, are outside the support of its likelihood, "
          "\"{}\": give data on the scale of the run's own, or use aelab apply, which takes any values",
          whose, static_cast<float>(values.first), static_cast<float>(values.second), likelihood));
}

/// Other data keep the run's transforms and likelihood, so that only their values can be changed. Those of
/// rows that stay in files are checked when they are gathered.
Dataset prepared_other(const Dataset& given, const TrainedModel& model) {
  const auto rows = rows_for_model(model, given);
  const auto support = model.network()->parts().likelihood.support();
  const auto likelihood = model.network()->config().likelihood->kind();
  if (rows.in_memory()) {
    require_supported(value_range(rows), "", support, likelihood);
    return rows;
  }
  return rows.inspected([=](const Batch& batch, const Where& where) {
    if (const auto all = range_of(batch.inputs); support.allow(all.first) && support.allow(all.second))
      return;
    for (std::int64_t i = 0; i < batch.size(); ++i)
      require_supported(range_of(batch.inputs[i]), where(batch.rows[i].item<std::int64_t>()) + ": ", support,
                        likelihood);
  });
}

/// Errors about the run's own config are not about this command's fields.
Mistake of_the_run(const Mistake& mistake) {
  return path_in_owner(mistake.path).value_or(mistake.path) + ": " + mistake.problem;
}

}  // namespace

std::vector<Result> evaluate_run(const std::filesystem::path& folder, const EvaluationConfig& config) {
  const auto run = load_trained_run(folder, config.checkpoint);
  const auto compute = run.compute();
  const auto which = config.part.value_or(SplitPart::test);
  auto part = config.data ? rows_of_other(run, *config.data, config.part) : run.part(which);
  const auto& metrics = config.metrics.empty() ? run.config().evaluation : config.metrics;
  if (metrics.empty())
    throw FieldError("metrics", "the run's config lists none; name some, such as reconstruction");
  require_distinct_measures(metrics, "metrics");
  if (config.data) {
    require_seen_classes(run, part, metrics);
    part = prepared_other(part, run.model);
  } else {
    part = with_renamed_fields(
        [&] { return checked_values(std::string(name_of(which)), part, run.network()); }, of_the_run);
  }
  std::vector<std::string> cautions;
  const ModelFeatures features(run.config().data.split.transforms, run.model.transforms(), run.model.input(),
                               recorded_working_folder(folder));
  auto results = evaluate(run.network(), part, run.data, metrics, &cautions, features);
  for (const auto& caution : cautions) say("aelab: caution: " + caution + "\n");
  return results;
}

}  // namespace aelab
