#include "aelab/comparisons/results.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "aelab/comparisons/confounds.h"
#include "aelab/comparisons/identity.h"
#include "aelab/core/config.h"
#include "aelab/core/files.h"
#include "aelab/core/folders.h"
#include "aelab/core/json.h"
#include "aelab/core/links.h"
#include "aelab/core/text.h"
#include "aelab/runs/record.h"
#include "aelab/runs/run.h"

namespace aelab {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Reads how a completed run ended. One that ended in NaN or infinite values is diverged, also where an older
/// version recorded it as completed.
void read_end(const fs::path& folder, ComparedRun& run) {
  run.evaluated = read_evaluation(folder);
  const auto trend = read_trend(folder);
  run.improvement = trend.improvement;
  const auto divergence = divergence_of(trend, run.evaluated.results);
  if (divergence.empty()) return;
  run = {.seed = run.seed, .id = run.id, .status = run.status};
  run.status.state = "diverged";
  run.status.message = divergence;
}

ComparedRun read_run(const Comparison& comparison, const PlannedRun& planned) {
  const auto folder = comparison.folder(planned);
  ComparedRun run{.seed = planned.seed, .id = planned.id};
  Problems damage;
  damage.attempt([&] {
    require_within(comparison.folder(), folder);
    if (!has_entry(folder / "config.json")) return;
    run.status = known_status(folder);
    if (run.status.state == "damaged")
      run.status.message += "; run the comparison again to complete this run";
    if (!run.status.is_over()) load_run_config(folder);  // an Error where it is damaged
    if (!run.status.is_over()) return;
    if (const auto changed = changed_files(folder, run.status); !changed.empty()) {
      run.status.state = "changed";
      run.status.message =
          join(changed, ", ") + " is not what the run wrote; remove the folder to run it again";
      return;
    }
    if (run.is_completed()) read_end(folder, run);
  });
  if (!damage.empty())
    run = {.seed = planned.seed,
           .id = planned.id,
           .status = {.state = "damaged",
                      .message = damage.all().front() + "; remove the folder to run it again"}};
  if (run.status.state.empty()) run.status.state = "missing";
  return run;
}

/// Whether a run's source has no test split.
bool draws_its_test(const fs::path& folder) {
  const auto record = readable_data_record(folder);
  return !record.is_null() && record.at("rows").value("test", json()) == 0;
}

/// All measures, in the order in which runs name them first.
std::vector<Measure> measures_of(const std::vector<ComparedVariant>& variants) {
  std::vector<Measure> measures;
  for (const auto& variant : variants)
    for (const auto& run : variant.runs)
      for (const auto& [measure, value] : run.evaluated.results) {
        const auto same = [&, &name = measure.name](const auto& known) { return known.name == name; };
        const auto found = std::find_if(measures.begin(), measures.end(), same);
        if (found == measures.end())
          measures.push_back(measure);
        else if (found->version != measure.version)
          throw Error(run.id + ": measured " + measure.name + " by version " +
                      std::to_string(measure.version) + " of its definition, other runs by " +
                      std::to_string(found->version) +
                      "; remove the folders of the older runs to run them again");
      }
  return measures;
}

std::optional<double> value_in(const ComparedRun& run, const std::string& measure) {
  if (!run.is_completed()) return {};
  for (const auto& [known, value] : run.evaluated.results)
    if (known.name == measure) return value;
  return {};
}

std::vector<double> present(const std::vector<std::optional<double>>& values) {
  std::vector<double> present;
  for (const auto& value : values)
    if (value) present.push_back(*value);
  return present;
}

void test_against_baseline(MeasureTable& table, std::size_t baseline) {
  std::vector<std::optional<double>> p;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    if (i != baseline) table.rows[i].against = paired_test(table.rows[i], table.rows[baseline]);
    p.push_back(i == baseline ? std::nullopt : table.rows[i].against->p);
  }
  const auto adjusted = holm(p);
  for (std::size_t i = 0; i < table.rows.size(); ++i)
    if (table.rows[i].against) table.rows[i].against->p_adjusted = adjusted[i];
}

MeasureTable table_of(const Measure& measure, const ComparisonResults& results) {
  MeasureTable table{.measure = measure, .rows = {}};
  for (const auto& variant : results.variants) {
    MeasureRow row;
    for (const auto& run : variant.runs) row.values.push_back(value_in(run, measure.name));
    row.summary = summarize(present(row.values));
    if (row.summary.n > 0 && measure.better != Direction::neither)
      row.worst = measure.better == Direction::lower ? row.summary.most : row.summary.least;
    table.rows.push_back(std::move(row));
  }
  test_against_baseline(table, results.baseline);
  judge(table, results);
  return table;
}

std::size_t find_metric(const std::optional<std::string>& wanted, const std::vector<MeasureTable>& tables) {
  std::vector<std::string> known;
  for (const auto& table : tables) known.push_back(table.measure.name);
  const auto found = wanted ? std::find(known.begin(), known.end(), *wanted) : known.end();
  if (found != known.end()) return static_cast<std::size_t>(found - known.begin());
  if (wanted && !known.empty())
    throw Error("metric: the runs did not measure \"" + *wanted + "\"." + did_you_mean(*wanted, known));
  for (std::size_t i = 0; i < tables.size(); ++i)
    if (tables[i].measure.better != Direction::neither) return i;
  return 0;
}

/// The number of code dimensions, if the run's summary says it.
std::optional<std::int64_t> code_dimensions(const fs::path& run) {
  std::optional<std::int64_t> dimensions;
  Problems damage;
  damage.attempt([&] {
    if (!has_entry(run / "summary" / "summary.json")) return;
    const auto summary = read_json(run, "summary/summary.json");
    const json::json_pointer place("/model/code");
    const auto code = summary.contains(place) ? summary[place] : json();
    const bool is_shape = code.is_array() && !code.empty() &&
                          std::all_of(code.begin(), code.end(),
                                      [](const json& size) { return size.is_number_integer() && size > 0; });
    if (is_shape) dimensions = elements(code.get<Shape>());
  });
  return dimensions;
}

/// The variant's settings, by its first completed run.
VariantSettings settings_of(const Comparison& comparison, const ComparedVariant& variant,
                            const Contender& contender) {
  VariantSettings settings{.name = variant.name, .written = contender.run, .code = variant.code};
  for (const auto& run : variant.runs) {
    if (!run.is_completed()) continue;
    const auto folder = comparison.folder(comparison.run(run.id));
    const auto model = load_run_config(folder).model;
    settings.expanded.text = model.expanded ? write_config(*model.expanded).dump() : "{}";
    settings.parameters = run.status.parameters;
    if (!variant.closed_form) settings.epochs = run.status.epochs;
    break;
  }
  return settings;
}

/// The sorted names of a folder's entries; none where it cannot be read.
std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : sorted_entries(folder, ignored)) names.push_back(entry.filename());
  return names;
}

/// Completed runs in the comparison's folder that the comparison does not list.
std::vector<std::string> left_out_runs(const Comparison& comparison) {
  const auto runs = comparison.folder() / "runs";
  std::set<std::string> planned;
  for (const auto& run : comparison.runs()) planned.insert(run.id);
  std::vector<std::string> left_out;
  Problems damage;
  for (const auto& variant : names_in(runs))
    for (const auto& seed : names_in(runs / variant)) {
      const auto id = variant + "/" + seed;
      if (planned.contains(id)) continue;
      damage.attempt([&] {
        if (read_status(runs / id).state == "completed") left_out.push_back(id);
      });
    }
  return left_out;
}

}  // namespace

PairedTest paired_test(const MeasureRow& row, const MeasureRow& other) {
  std::vector<double> values, others;
  for (std::size_t i = 0; i < row.values.size(); ++i)
    if (row.values[i] && other.values[i]) {
      values.push_back(*row.values[i]);
      others.push_back(*other.values[i]);
    }
  return paired_test(values, others);
}

std::size_t ComparedVariant::with_trend() const {
  return static_cast<std::size_t>(
      std::count_if(runs.begin(), runs.end(), [](const auto& run) { return run.improvement.has_value(); }));
}

std::size_t ComparedVariant::still_improving() const {
  return static_cast<std::size_t>(std::count_if(runs.begin(), runs.end(), [](const auto& run) {
    return run.improvement && *run.improvement > kStillImproving;
  }));
}

void tabulate(ComparisonResults& results, const std::optional<std::string>& metric) {
  results.tables.clear();
  for (const auto& measure : measures_of(results.variants))
    results.tables.push_back(table_of(measure, results));
  for (auto& table : results.tables) {
    const auto optimal = pareto_optimal(table, results);
    for (std::size_t i = 0; i < table.rows.size(); ++i) table.rows[i].pareto_optimal = optimal[i];
  }
  results.metric = find_metric(metric, results.tables);
  results.verdict = verdict_of(results);
}

ComparisonResults collect(const Comparison& comparison) {
  require_same_comparison(comparison);
  ComparisonResults results{.name = comparison.config().name,
                            .seeds = comparison.config().seeds,
                            .baseline = comparison.baseline()};
  for (const auto& contender : comparison.contenders())
    results.variants.push_back({.name = contender.name, .settings = contender.settings});
  for (const auto& planned : comparison.runs()) {
    auto& variant = results.variants[planned.contender];
    variant.runs.push_back(read_run(comparison, planned));
    const auto& run = variant.runs.back();
    if (!run.is_completed()) continue;
    variant.closed_form = run.status.closed_form;
    if (!variant.code) variant.code = code_dimensions(comparison.folder(planned));
    if (!results.part.empty()) continue;
    results.part = run.evaluated.part;
    results.test_is_drawn = draws_its_test(comparison.folder(planned));
  }
  std::vector<VariantSettings> settings;
  for (std::size_t i = 0; i < results.variants.size(); ++i)
    settings.push_back(settings_of(comparison, results.variants[i], comparison.contenders()[i]));
  results.confounds = confounds(settings);
  results.left_out = left_out_runs(comparison);
  tabulate(results, comparison.config().metric);
  return results;
}

}  // namespace aelab
