// comparison.json, table.csv and runs.csv.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "aelab/comparisons/results.h"
#include "aelab/core/config.h"
#include "aelab/core/file_formats.h"
#include "aelab/core/files.h"
#include "aelab/core/text.h"

namespace aelab {
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

void add_judgement(json& value, const Judgement& judgement) {
  value["level"] = name_of(judgement.level);
  value["reason"] = name_of(judgement.reason);
  value["sentence"] = judgement.sentence;
}

json to_json(const RunCounts& counts) {
  return {{"planned", counts.planned},   {"completed", counts.completed},   {"failed", counts.failed},
          {"diverged", counts.diverged}, {"unfinished", counts.unfinished}, {"damaged", counts.damaged},
          {"missing", counts.missing}};
}

json to_json(const std::optional<CostRange>& cost) {
  return cost ? json{{"mean", cost->mean}, {"low", cost->least}, {"high", cost->most}} : json();
}

json to_json(const Costs& costs) {
  return {{"parameters", to_json(costs.parameters)},
          {"epochs", to_json(costs.epochs)},
          {"steps", to_json(costs.steps)},
          {"seconds", to_json(costs.seconds)}};
}

std::string in_words(Direction better) { return std::string(name_of(better)); }

json to_json(const Claim& claim, const ComparisonResults& results) {
  return {{"leader", claim.leader ? json(results.variants[*claim.leader].name) : json()},
          {"level", name_of(claim.level)},
          {"reason", name_of(claim.reason)},
          {"sentence", claim.sentence},
          {"explanation", claim.explanation},
          {"counts",
           {{"significant", claim.significant},
            {"inconclusive", claim.inconclusive},
            {"deterministic", claim.deterministic},
            {"equal", claim.equal},
            {"untested", claim.untested},
            {"excluded", claim.excluded},
            {"not_applicable", claim.not_applicable}}}};
}

json to_json(const MeasureTable& table, const ComparisonResults& results) {
  json rows = json::array();
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const auto& row = table.rows[i];
    auto value = to_json(row.summary);
    value["variant"] = results.variants[i].name;
    value["worst"] = optional_json(row.worst);
    value["best"] = table.is_best(i);
    value["values"] = json::array();
    for (const auto& number : row.values) value["values"].push_back(optional_json(number));
    add_judgement(value, row.standing);
    value["pareto_optimal"] = json::object();
    for (const auto& [cost, optimal] : row.pareto_optimal)
      value["pareto_optimal"][cost] = optimal ? json(*optimal) : json();
    if (row.against) {
      value["against_baseline"] = to_json(*row.against);
      add_judgement(value["against_baseline"], row.difference);
    }
    rows.push_back(std::move(value));
  }
  return {{"name", table.measure.name},
          {"definition", table.measure.definition},
          {"better", in_words(table.measure.better)},
          {"version", table.measure.version},
          {"claim", to_json(table.claim, results)},
          {"rows", std::move(rows)}};
}

json to_json(const ComparedVariant& variant) {
  json runs = json::array();
  for (const auto& run : variant.runs) {
    json value = {{"seed", run.seed}, {"id", run.id}, {"state", run.status.state}};
    if (!run.status.message.empty()) value["message"] = run.status.message;
    if (run.is_completed()) {
      value["parameters"] = run.status.parameters;
      value["epochs"] = run.status.epochs;
      value["steps"] = run.status.steps;
      value["seconds"] = run.status.seconds;
      value["projected_improvement"] = optional_json(run.improvement);
      value["still_improving"] = run.improvement ? json(*run.improvement > kStillImproving) : json();
    }
    runs.push_back(std::move(value));
  }
  const auto trends = variant.with_trend();
  return {
      {"name", variant.name},
      {"settings", variant.settings.text.empty() ? json::object() : json::parse(variant.settings.text)},
      {"closed_form", variant.closed_form},
      {"code", variant.code ? json(*variant.code) : json()},
      {"counts", to_json(variant.counts())},
      {"costs", to_json(variant.costs())},
      {"still_improving", trends > 0 ? json{{"runs", variant.still_improving()}, {"of", trends}} : json()},
      {"runs", std::move(runs)}};
}

/// The metric "robustness" as a matrix: one row per variant, one column per corruption of the test split.
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

/// A CSV field; names of variants contain commas.
std::string quoted(const std::string& text) { return '"' + text + '"'; }

}  // namespace

json to_json(const ComparisonResults& results) {
  json levels = json::object();
  for (const auto level : {Level::decided, Level::tentative, Level::undecided, Level::not_judged})
    levels[std::string(name_of(level))] = meaning(level);
  json value = {{"format", kComparisonFormat},
                {"name", results.name},
                {"seeds", results.seeds},
                {"baseline", results.variants[results.baseline].name},
                {"part", results.part},
                {"significance", kSignificance},
                {"verdict", results.verdict.text()},
                {"summary", results.verdict.summary},
                {"details", results.verdict.details},
                {"caveats", results.verdict.caveats},
                {"counts", to_json(results.counts())},
                {"excluded", results.exclusion()},
                {"excluded_runs", results.excluded()},
                {"levels", std::move(levels)},
                {"best", rule_of_best()},
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
      "t,p,p_holm,effect,wilcoxon_p,level,reason,runs,completed,failed,diverged,unfinished,damaged,missing,"
      "still_improving\n";
  for (const auto& table : results.tables)
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
      const auto& row = table.rows[i];
      const auto& s = row.summary;
      const auto mean = s.n > 0 ? std::optional(s.mean) : std::nullopt;
      csv += fmt::format("{},{},{},{},{},{},{},{},{},{}", table.measure.name, in_words(table.measure.better),
                         quoted(results.variants[i].name), s.n, field(mean), field(s.deviation),
                         field(s.low()), field(s.high()), field(row.worst), table.is_best(i) ? 1 : 0);
      const auto test = row.against.value_or(PairedTest{});
      const auto& d = test.difference;
      const auto difference = d.n > 0 ? std::optional(d.mean) : std::nullopt;
      csv += fmt::format(",{},{},{},{},{},{},{},{}", field(difference), field(d.low()), field(d.high()),
                         field(test.t), field(test.p), field(test.p_adjusted), field(test.effect),
                         field(test.wilcoxon_p));
      const auto& variant = results.variants[i];
      const auto counts = variant.counts();
      csv += fmt::format(",{},{},{},{},{},{},{},{},{},{}\n", name_of(row.standing.level),
                         name_of(row.standing.reason), counts.planned, counts.completed, counts.failed,
                         counts.diverged, counts.unfinished, counts.damaged, counts.missing,
                         variant.with_trend() > 0 ? std::to_string(variant.still_improving()) : "");
    }
  return csv;
}

std::string runs_csv(const ComparisonResults& results) {
  std::string csv =
      "variant,seed,state,parameters,epochs,steps,seconds,projected_improvement,measure,value\n";
  for (const auto& variant : results.variants)
    for (const auto& run : variant.runs) {
      const auto& status = run.status;
      const auto head =
          fmt::format("{},{},{},{},{},{},{:.3f},{}", quoted(variant.name), run.seed, status.state,
                      status.parameters, status.epochs, status.steps, status.seconds, field(run.improvement));
      if (run.evaluated.results.empty()) csv += head + ",,\n";
      for (const auto& [measure, value] : run.evaluated.results)
        csv += head + "," + measure.name + "," + (value ? shortest(*value) : "not applicable") + "\n";
    }
  return csv;
}

}  // namespace aelab
