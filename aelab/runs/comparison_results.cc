#include "aelab/runs/comparison_results.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "aelab/core/config.h"
#include "aelab/core/files.h"
#include "aelab/core/json.h"
#include "aelab/core/text.h"
#include "aelab/runs/run.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

ComparedRun read_run(const Comparison& comparison, const PlannedRun& planned) {
  const auto folder = comparison.folder(planned);
  ComparedRun run{.seed = planned.seed, .id = planned.id};
  Problems damage;
  damage.attempt([&] {
    if (fs::exists(folder / "config.json")) run.status = read_status(folder);
  });
  if (!damage.empty()) run.status = {.state = "damaged", .message = damage.all().front()};
  if (run.status.state.empty()) run.status.state = "missing";
  if (!run.counts()) return run;
  if (const auto changed = changed_files(folder, run.status); !changed.empty()) {
    run.status.state = "changed";
    run.status.message = join(changed, ", ") + " is not what the run left; remove the folder to run it again";
    return run;
  }
  run.evaluated = read_evaluation(folder);
  return run;
}

/// Whether the data of a run had no rows set apart for tests.
bool draws_its_test(const fs::path& folder) {
  bool drawn = false;
  Problems damage;
  damage.attempt([&] {
    const auto path = folder / "data.json";
    if (!fs::exists(path)) return;
    const auto rows = parse_json(read_file(path), path.string()).value("rows", json::object());
    drawn = rows.is_object() && rows.value("test", json(0)) == 0;
  });
  return drawn;
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
  for (const auto& [known, value] : run.evaluated.results)
    if (known.name == measure && value && std::isfinite(*value)) return value;
  return {};
}

std::vector<double> present(const std::vector<std::optional<double>>& values) {
  std::vector<double> present;
  for (const auto& value : values)
    if (value) present.push_back(*value);
  return present;
}

/// Over the seeds that both have.
PairedTest test_of(const MeasureRow& row, const MeasureRow& baseline) {
  std::vector<double> values, others;
  for (std::size_t i = 0; i < row.values.size(); ++i)
    if (row.values[i] && baseline.values[i]) {
      values.push_back(*row.values[i]);
      others.push_back(*baseline.values[i]);
    }
  return paired_test(values, others);
}

void test_against_baseline(MeasureTable& table, std::size_t baseline) {
  std::vector<std::optional<double>> p;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    if (i != baseline) table.rows[i].against = test_of(table.rows[i], table.rows[baseline]);
    p.push_back(i == baseline ? std::nullopt : table.rows[i].against->p);
  }
  const auto adjusted = holm(p);
  for (std::size_t i = 0; i < table.rows.size(); ++i)
    if (table.rows[i].against) table.rows[i].against->p_adjusted = adjusted[i];
}

/// Marks the best if it differs from all others.
void mark_best(MeasureTable& table) {
  if (table.measure.better == Direction::neither) return;
  const double sign = table.measure.better == Direction::lower ? 1 : -1;
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const auto& summary = table.rows[i].summary;
    if (summary.n > 0 && (!best || sign * summary.mean < sign * table.rows[*best].summary.mean)) best = i;
  }
  if (!best) return;
  std::vector<std::optional<double>> p;
  std::vector<bool> of_best;
  std::size_t others = 0;
  for (std::size_t i = 0; i < table.rows.size(); ++i)
    for (std::size_t j = i + 1; j < table.rows.size(); ++j) {
      if (table.rows[i].summary.n == 0 || table.rows[j].summary.n == 0) continue;
      p.push_back(test_of(table.rows[i], table.rows[j]).p);
      of_best.push_back(i == *best || j == *best);
      others += of_best.back();
    }
  const auto adjusted = holm(p);
  for (std::size_t i = 0; i < p.size(); ++i)
    if (of_best[i] && !(adjusted[i] && *adjusted[i] < kSignificance)) return;
  table.rows[*best].best = others > 0;
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
  mark_best(table);
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

}  // namespace

std::vector<std::string> ComparisonResults::missing() const {
  std::vector<std::string> missing;
  for (const auto& variant : variants)
    for (const auto& run : variant.runs)
      if (!run.counts())
        missing.push_back(run.id + ": " + run.status.state +
                          (run.status.message.empty() ? "" : ": " + run.status.message));
  return missing;
}

ComparisonResults collect(const Comparison& comparison) {
  ComparisonResults results{.name = comparison.config().name,
                            .seeds = comparison.config().seeds,
                            .baseline = comparison.baseline(),
                            .variants = {},
                            .tables = {}};
  for (const auto& contender : comparison.contenders())
    results.variants.push_back({.name = contender.name, .settings = contender.settings, .runs = {}});
  for (const auto& planned : comparison.runs()) {
    auto& variant = results.variants[planned.contender];
    variant.runs.push_back(read_run(comparison, planned));
    const auto& run = variant.runs.back();
    if (!run.counts()) continue;
    variant.closed_form = run.status.closed_form;
    if (!results.part.empty()) continue;
    results.part = run.evaluated.part;
    results.test_is_drawn = draws_its_test(comparison.folder(planned));
  }
  for (const auto& measure : measures_of(results.variants))
    results.tables.push_back(table_of(measure, results));
  results.metric = find_metric(comparison.config().metric, results.tables);
  return results;
}

namespace {

json optional_json(const std::optional<double>& value) { return value ? json(*value) : json(); }

json to_json(const Summary& summary) {
  json value = {{"n", summary.n}};
  if (summary.n == 0) return value;
  value["mean"] = summary.mean;
  value["deviation"] = optional_json(summary.deviation);
  value["interval"] = summary.half_width ? json{*summary.low(), *summary.high()} : json();
  return value;
}

json to_json(const PairedTest& test) {
  auto value = to_json(test.difference);
  value["t"] = optional_json(test.t);
  value["p"] = optional_json(test.p);
  value["p_holm"] = optional_json(test.p_adjusted);
  value["effect"] = optional_json(test.effect);
  value["wilcoxon_p"] = optional_json(test.wilcoxon_p);
  return value;
}

std::string in_words(Direction better) { return std::string(name_of(better)); }

json to_json(const MeasureTable& table, const ComparisonResults& results) {
  json rows = json::array();
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const auto& row = table.rows[i];
    auto value = to_json(row.summary);
    value["variant"] = results.variants[i].name;
    value["worst"] = optional_json(row.worst);
    value["best"] = row.best;
    value["values"] = json::array();
    for (const auto& number : row.values) value["values"].push_back(optional_json(number));
    if (row.against) value["against_baseline"] = to_json(*row.against);
    rows.push_back(std::move(value));
  }
  return {{"name", table.measure.name},
          {"definition", table.measure.definition},
          {"better", in_words(table.measure.better)},
          {"version", table.measure.version},
          {"rows", std::move(rows)}};
}

json to_json(const ComparedVariant& variant) {
  json runs = json::array();
  for (const auto& run : variant.runs) {
    json value = {{"seed", run.seed}, {"id", run.id}, {"state", run.status.state}};
    if (!run.status.message.empty()) value["message"] = run.status.message;
    if (run.counts()) {
      value["parameters"] = run.status.parameters;
      value["epochs"] = run.status.epochs;
      value["steps"] = run.status.steps;
      value["seconds"] = run.status.seconds;
    }
    runs.push_back(std::move(value));
  }
  return {{"name", variant.name},
          {"settings", json::parse(variant.settings.text)},
          {"closed_form", variant.closed_form},
          {"runs", std::move(runs)}};
}

/// Trained with, tested with: the measures of the metric "robustness", a row a variant.
json robustness_matrix(const ComparisonResults& results) {
  constexpr std::string_view kPrefix = "robustness/";
  json tested = json::array(), means = json::array();
  for (std::size_t i = 0; i < results.variants.size(); ++i) means.push_back(json::array());
  for (const auto& table : results.tables) {
    if (!table.measure.name.starts_with(kPrefix)) continue;
    tested.push_back(table.measure.name.substr(kPrefix.size()));
    for (std::size_t i = 0; i < table.rows.size(); ++i)
      means[i].push_back(table.rows[i].summary.n > 0 ? json(table.rows[i].summary.mean) : json());
  }
  if (tested.empty()) return {};
  json trained = json::array();
  for (const auto& variant : results.variants) trained.push_back(variant.name);
  return {{"trained_with", trained}, {"tested_with", tested}, {"mean", means}};
}

std::string field(const std::optional<double>& value) { return value ? shortest(*value) : ""; }

/// A CSV field; names of variants hold commas.
std::string quoted(const std::string& text) { return '"' + text + '"'; }

}  // namespace

json to_json(const ComparisonResults& results) {
  json value = {{"format", 1},
                {"name", results.name},
                {"seeds", results.seeds},
                {"baseline", results.variants[results.baseline].name},
                {"part", results.part},
                {"significance", kSignificance},
                {"verdict", verdict(results)},
                {"missing", results.missing()},
                {"variants", json::array()},
                {"measures", json::array()}};
  if (!results.tables.empty()) value["metric"] = results.tables[results.metric].measure.name;
  for (const auto& variant : results.variants) value["variants"].push_back(to_json(variant));
  for (const auto& table : results.tables) value["measures"].push_back(to_json(table, results));
  if (auto matrix = robustness_matrix(results); !matrix.is_null()) value["robustness"] = std::move(matrix);
  return value;
}

std::string table_csv(const ComparisonResults& results) {
  std::string csv =
      "measure,better,variant,n,mean,deviation,low,high,worst,best,difference,difference_low,difference_high,"
      "t,p,"
      "p_holm,effect,wilcoxon_p\n";
  for (const auto& table : results.tables)
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
      const auto& row = table.rows[i];
      const auto& s = row.summary;
      const auto mean = s.n > 0 ? std::optional(s.mean) : std::nullopt;
      csv += fmt::format("{},{},{},{},{},{},{},{},{},{}", table.measure.name, in_words(table.measure.better),
                         quoted(results.variants[i].name), s.n, field(mean), field(s.deviation),
                         field(s.low()), field(s.high()), field(row.worst), row.best ? 1 : 0);
      const auto test = row.against.value_or(PairedTest{});
      const auto& d = test.difference;
      const auto difference = d.n > 0 ? std::optional(d.mean) : std::nullopt;
      csv += fmt::format(",{},{},{},{},{},{},{},{}\n", field(difference), field(d.low()), field(d.high()),
                         field(test.t), field(test.p), field(test.p_adjusted), field(test.effect),
                         field(test.wilcoxon_p));
    }
  return csv;
}

std::string runs_csv(const ComparisonResults& results) {
  std::string csv = "variant,seed,state,parameters,epochs,steps,seconds,measure,value\n";
  for (const auto& variant : results.variants)
    for (const auto& run : variant.runs) {
      const auto& status = run.status;
      const auto head = fmt::format("{},{},{},{},{},{},{:.3f}", quoted(variant.name), run.seed, status.state,
                                    status.parameters, status.epochs, status.steps, status.seconds);
      if (run.evaluated.results.empty()) csv += head + ",,\n";
      for (const auto& [measure, value] : run.evaluated.results)
        csv += head + "," + measure.name + "," + (value ? shortest(*value) : "not applicable") + "\n";
    }
  return csv;
}

}  // namespace aelab
