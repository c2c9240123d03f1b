#include "aelab/reports/comparison_page.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "aelab/core/file_formats.h"
#include "aelab/reports/curves.h"
#include "aelab/reports/differences.h"
#include "aelab/reports/run_page.h"

namespace aelab {
namespace {

using nlohmann::json;

json test_json(const View& test) {
  if (!test.raw().is_object()) return {};
  return {{"n", test["n"].number_json()},
          {"mean", test["mean"].number_json()},
          {"interval", interval_json(test["interval"])},
          {"p", test["p_holm"].number_json()},
          {"effect", test["effect"].number_json()},
          {"wilcoxon", test["wilcoxon_p"].number_json()},
          {"level", test["level"].text()}};
}

json row_json(const View& row) {
  json shown = {{"n", row["n"].number().value_or(0)},
                {"mean", row["mean"].number_json()},
                {"deviation", row["deviation"].number_json()},
                {"interval", interval_json(row["interval"])},
                {"worst", row["worst"].number_json()},
                {"best", row["best"].is_true()},
                {"level", row["level"].text()},
                {"sentence", row["sentence"].text()},
                {"pareto_optimal", json::object()},
                {"values", json::array()},
                {"against", test_json(row["against_baseline"])}};
  for (const auto& [cost, optimal] : row["pareto_optimal"].members())
    shown["pareto_optimal"][cost] = optimal.raw().is_boolean() ? optimal.raw() : json();
  for (const auto& value : row["values"].list()) shown["values"].push_back(value.number_json());
  return shown;
}

/// What comparison.json claims about a measure; null where it claims nothing.
json claim_json(const View& claim, const std::vector<std::string>& variants) {
  if (!claim.raw().is_object()) return {};
  const auto leader = std::find(variants.begin(), variants.end(), claim["leader"].text());
  return {{"leader", leader == variants.end() ? json() : json(leader - variants.begin())},
          {"level", claim["level"].text()},
          {"explanation", claim["explanation"].text()}};
}

/// Every measure has a row for every variant, in their order.
json comparison_measures(const View& measures, const std::vector<std::string>& variants) {
  json shown = json::array();
  for (const auto& measure : measures.list()) {
    json rows = json::array();
    for (const auto& name : variants) {
      View found;
      for (const auto& row : measure["rows"].list())
        if (row["variant"].text() == name) found = row;
      rows.push_back(row_json(found));
    }
    shown.push_back({{"name", measure["name"].text()},
                     {"definition", measure["definition"].text()},
                     {"better", measure["better"].text()},
                     {"claim", claim_json(measure["claim"], variants)},
                     {"rows", std::move(rows)}});
  }
  return shown;
}

json run_json(const View& run) {
  return {
      {"seed", run["seed"].shown()},
      {"id", run["id"].text()},
      {"state", run["state"].text().empty() ? "unknown" : run["state"].text()},
      {"message", run["message"].text()},
      {"parameters", run["parameters"].number_json()},
      {"epochs", run["epochs"].number_json()},
      {"steps", run["steps"].number_json()},
      {"seconds", run["seconds"].number_json()},
      {"projected_improvement", run["projected_improvement"].number_json()},
      {"still_improving", run["still_improving"].raw().is_boolean() ? run["still_improving"].raw() : json()}};
}

/// How many of a variant's runs were still improving when training ended; null where no run says.
json improving_json(const View& count) {
  if (!count["of"].number()) return {};
  return {{"runs", count["runs"].number_json()}, {"of", count["of"].number_json()}};
}

/// Mean, least and most over the completed runs; null where none has it.
json range_json(const View& cost) {
  if (!cost["mean"].number()) return {};
  return {{"mean", cost["mean"].number_json()},
          {"low", cost["low"].number_json()},
          {"high", cost["high"].number_json()}};
}

/// A variant, and what the page shows of its runs.
struct Shown {
  json variant;
  json config;  ///< of its first run that completed
  std::vector<Curves> curves;
};

/// What one run shows for its variant.
void add_views(const Folder& run, Shown& shown) {
  shown.config = run.read("config.json");
  shown.variant.update(views_json(run, run.read("summary/summary.json")));
}

/// "l1 (weight=0.1)"
std::string in_words(const View& part) {
  std::string settings;
  for (const auto& [key, value] : part.members())
    if (key != "kind") settings += (settings.empty() ? "" : ", ") + key + "=" + value.shown();
  return part["kind"].text() + (settings.empty() ? "" : " (" + settings + ")");
}

/// "importance-weighted (samples=5)"; "" if the run does not say.
std::string bound_in_words(const Shown& variant) {
  return in_words(View(variant.config)["model"]["expanded"]["bound"]);
}

/// What a curve of this variant is a value of, beside its name. Curves of one name are comparable where it is
/// the same: an objective is a sum of other terms under other penalties, its terms are in units of their
/// likelihood, and layers of a stack reconstruct codes. "" where nothing is known, or nothing matters: the
/// mean squared error is one of all variants. The bound is said where the variants have several
/// (`bounds_differ`).
std::string objective_of(const Shown& variant, const std::string& curve, bool bounds_differ) {
  const auto parts = View(variant.config)["model"]["expanded"];
  const auto slash = curve.find('/');
  if (slash == std::string::npos || curve.substr(slash) == "/mse") return "";
  auto objective = parts["likelihood"]["kind"].text();
  if (curve.substr(slash) == "/loss") {
    if (const auto bound = bound_in_words(variant); bounds_differ && !bound.empty())
      objective += ", " + bound;
    for (const auto& penalty : parts["penalties"].list()) objective += " + " + in_words(penalty);
  }
  const auto& phases = variant.variant["phases"];
  for (std::size_t i = 0; phases.size() > 1 && i < phases.size(); ++i)
    objective += (i == 0 ? ", phases " : ", ") + phases[i].at("name").get<std::string>();
  return objective;
}

/// Gives every band of bands_json() its objective.
void add_objectives(json& curves, const std::vector<Shown>& variants) {
  std::set<std::string> bounds;
  for (const auto& variant : variants) bounds.insert(bound_in_words(variant));
  for (auto& curve : curves)
    for (auto& band : curve["variants"])
      band["objective"] =
          objective_of(variants[band["variant"].get<std::size_t>()], curve["name"], bounds.size() > 1);
}

Shown read_variant(const Folder& comparison, const View& variant) {
  Shown shown;
  json runs = json::array();
  for (const auto& run : variant["runs"].list()) runs.push_back(run_json(run));
  shown.variant = {{"name", variant["name"].text()},
                   {"closed_form", variant["closed_form"].is_true()},
                   {"code", variant["code"].number_json()},
                   {"still_improving", improving_json(variant["still_improving"])},
                   {"settings", flattened(variant["settings"])},
                   {"pictures", json::object()},
                   {"phases", json::array()}};
  for (const auto* cost : {"parameters", "epochs", "steps", "seconds"})
    shown.variant[cost] = range_json(variant["costs"][cost]);
  bool viewed = false;
  for (const auto& run : runs) {
    if (run.at("state") != "completed") continue;
    const auto folder = comparison.within("runs/" + run.at("id").get<std::string>());
    if (!folder) continue;
    if (!viewed) {
      add_views(*folder, shown);
      shown.variant["shown_seed"] = run.at("seed");
      shown.variant["likelihood"] = View(shown.config)["model"]["expanded"]["likelihood"]["kind"].text();
      viewed = true;
    }
    shown.curves.push_back(read_curves(*folder));
  }
  if (!shown.curves.empty()) shown.variant["phases"] = phases_json(shown.curves.front());
  shown.variant["runs"] = std::move(runs);
  return shown;
}

json robustness_json(const View& matrix) {
  json shown = {{"tested", json::array()}, {"rows", json::array()}};
  for (const auto& name : matrix["tested_with"].list()) shown["tested"].push_back(name.text());
  const auto trained = matrix["trained_with"].list(), means = matrix["mean"].list();
  for (std::size_t i = 0; i < std::min(trained.size(), means.size()); ++i) {
    json values = json::array();
    for (const auto& value : means[i].list()) values.push_back(value.number_json());
    values.get_ref<json::array_t&>().resize(shown["tested"].size());
    shown["rows"].push_back({{"variant", trained[i].text()}, {"values", std::move(values)}});
  }
  return shown;
}

json comparison_commands() {
  return {{{"what", "Run the whole comparison again"},
           {"command", "aelab compare FOLDER/config.json --output again"}},
          {{"what", "Show what would run"}, {"command", "aelab compare FOLDER/config.json --dry-run"}}};
}

std::vector<std::string> texts(const View& list) {
  std::vector<std::string> texts;
  for (const auto& item : list.list()) texts.push_back(item.shown());
  return texts;
}

}  // namespace

bool is_comparison(const Folder& folder) {
  if (folder.has("comparison.json")) return true;
  if (!folder.has("config.json") || folder.has("status.json")) return false;
  Material ignored;
  const auto config = Folder(folder.path(), ignored).read("config.json");
  return View(config)["variants"].raw().is_array();
}

std::string unreadable_results(const Folder& comparison) {
  const auto remedy = "run \"aelab compare " + comparison.path().string() + " --collect\"";
  if (!comparison.has("comparison.json")) return "holds a comparison without results; " + remedy + " first";
  Material ignored;
  const auto results = Folder(comparison.path(), ignored).read("comparison.json", kComparisonFormat);
  const auto format = View(results)["format"];
  if (!format.number() || *format.number() == static_cast<double>(kComparisonFormat)) return {};
  return "comparison.json was written by " +
         std::string(*format.number() < static_cast<double>(kComparisonFormat) ? "an older" : "a newer") +
         " version of aelab (format " + format.shown() + " instead of " + std::to_string(kComparisonFormat) +
         "); " + remedy + " to write it again";
}

json comparison_page(const Folder& comparison) {
  const auto results = comparison.read("comparison.json", kComparisonFormat),
             config = comparison.read("config.json"), environment = comparison.read("environment.json");
  const View view(results);
  json page = {{"kind", "comparison"}, {"variants", json::array()}, {"phases", json::array()}};
  std::vector<std::string> names;
  std::vector<json> configs;
  std::vector<Shown> variants;
  std::vector<std::vector<Curves>> curves;
  for (const auto& variant : view["variants"].list()) {
    auto shown = read_variant(comparison, variant);
    names.push_back(variant["name"].text());
    configs.push_back(shown.config);
    curves.push_back(std::move(shown.curves));
    page["variants"].push_back(shown.variant);
    variants.push_back(std::move(shown));
  }
  page["title"] = view["name"].text().empty() ? View(config)["name"].text() : view["name"].text();
  for (const auto* text : {"verdict", "summary"}) page[text] = view[text].text();
  for (const auto* sentences : {"details", "caveats"}) page[sentences] = texts(view[sentences]);
  page["metric"] = view["metric"].text();
  page["data"] = source_name(View(config)["base"]["data"]);
  page["part"] = view["part"].text();
  page["baseline"] = view["baseline"].text();
  page["seeds"] = texts(view["seeds"]);
  for (const auto* count : {"planned", "completed"})
    page["runs"][count] = view["counts"][count].number_json();
  page["excluded"] = view["excluded"].text();
  page["excluded_runs"] = texts(view["excluded_runs"]);
  page["best"] = view["best"].text();
  page["levels"] = flattened(view["levels"]);
  page["measures"] = comparison_measures(view["measures"], names);
  page["curves"] = bands_json(curves);
  add_objectives(page["curves"], variants);
  page["robustness"] = robustness_json(view["robustness"]);
  page["differences"] = differences(configs);
  page["environment"] = flattened(View(environment));
  page["commands"] = comparison_commands();
  page["config"] = config.is_null() ? "" : config.dump(2, ' ', false, json::error_handler_t::replace);
  return page;
}

}  // namespace aelab
