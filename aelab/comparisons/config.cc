#include "aelab/comparisons/config.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "aelab/core/config.h"
#include "aelab/core/files.h"
#include "aelab/core/json.h"
#include "aelab/core/text.h"
#include "aelab/runs/file_kinds.h"
#include "aelab/runs/overrides.h"

namespace aelab {

void VariantConfig::fields(Fields& f) {
  f("name", name, "the variant's name in tables, and of its folder").also_known_as({"label", "title"});
  f("set", set, "keys of the base run and this variant's values: {\"model.code\": 16}")
      .also_known_as({"overrides", "config", "changes", "params", "parameters", "values"});
  f("shares", shares,
    "how its phases share the budget, one number for each that takes steps; equally if omitted", above(0));
  f("width", width, "keys whose values a budget of parameters scales; those of hidden layers if omitted");
  f.require(is_folder_name(name), "name", kNoFolderName);
}

void ComparisonBudget::fields(Fields& f) {
  f("epochs", epochs, "training epochs of all phases together", at_least(1));
  f("steps", steps, "optimizer steps of all phases together", at_least(1));
  f("seconds", seconds, "wall-clock time of training; runs are then executed one at a time", above(0));
  f("parameters", parameters, "number of parameters; widths are chosen to meet it", at_least(1));
  f("tolerance", tolerance, "allowed relative deviation from the number of parameters", between(0, 1));
  f.require(epochs.has_value() + steps.has_value() + seconds.has_value() <= 1, "",
            "can have only one of \"epochs\", \"steps\", \"seconds\"");
  f.require(epochs || steps || seconds || parameters, "",
            "must have \"epochs\", \"steps\", \"seconds\" or \"parameters\"");
}

namespace {

using nlohmann::json;

bool are_distinct(std::vector<std::int64_t> seeds) {
  std::sort(seeds.begin(), seeds.end());
  return std::adjacent_find(seeds.begin(), seeds.end()) == seeds.end();
}

}  // namespace

void ComparisonConfig::fields(Fields& f) {
  f("$schema", schema, "JSON Schema for editors");
  f("format", format, "version of this format", between(1, 1));
  f("name", name, "name of the comparison, and of its folder");
  f("base", base, "the run that all variants change: a run file's object, or the path of a run file")
      .also_known_as({"base_run", "base_config", "run", "config"});
  f("variants", variants, "the variants to compare; the base run alone if omitted")
      .also_known_as({"models", "autoencoders", "configs", "runs", "candidates"});
  f("grid", grid, "lists of values for keys of the run, all combinations: {\"model.code\": [8, 16]}")
      .also_known_as({"param_grid", "search_space", "sweep", "hyperparameters"});
  f("list", list, "keys set together, one object after the other: [{\"model.code\": 8}]")
      .also_known_as({"settings"});
  f("seeds", seeds, "each variant runs once under each seed; tests need at least two", at_least(0))
      .also_known_as({"n_seeds", "num_seeds", "random_seeds", "random_state", "random_states", "repeats",
                      "n_repeats", "repetitions", "replications", "trials", "n_trials"});
  f("budget", budget, "training budget of every variant");
  f("baseline", baseline, "the variant that the others are tested against; the first if omitted")
      .also_known_as({"reference", "control"});
  f("metric", metric, "the metric of the verdict; the first for which lower or higher is better if omitted")
      .also_known_as({"criterion", "objective", "target"});
  f("threads", threads, "threads of each run", between(1, 1024))
      .also_known_as({"num_threads", "n_jobs", "workers", "num_workers"});
  f("output", output, "folder of comparisons; this one is written to <output>/<name>")
      .also_known_as({"out", "output_dir", "output_folder"});
  f.require(is_folder_name(name), "name", kNoFolderName);
  f.require(!base.text.empty(), "base", "is missing: give a run file's object, or the path of a run file");
  f.require(!seeds.empty(), "seeds", "must list at least one, such as [1, 2, 3, 4, 5]");
  f.require(are_distinct(seeds), "seeds", "lists a seed twice");
}

void ComparisonConfig::add(std::string variant, const RunConfig& run) {
  auto own = write_config(run);
  for (const auto* key : {"name", "seed", "output"}) own.erase(key);
  if (base.text.empty()) base.text = own.dump();
  const auto shared = nlohmann::json::parse(base.text);
  nlohmann::json set = {{"model", own["model"]}};
  for (const auto& [key, value] : own.items())
    if (!shared.contains(key) || shared[key] != value) set[key] = value;
  variants.push_back({.name = std::move(variant), .set = {set.dump()}});
}

namespace {

/// Reads a base that is given by its path, relative to the comparison file's folder.
void put_base(json& value, const std::string& file) {
  if (!value.is_object() || !value.contains("base") || !value["base"].is_string()) return;
  const auto path = std::filesystem::path(file).parent_path() / value["base"].get<std::string>();
  value["base"] = parse_json(read_file(path), path.string());
}

/// Refuses models that are listed as variants, with the variants that are meant.
void require_variants(const json& value, const std::string& file) {
  if (!value.is_object() || !value.contains("variants") || !value["variants"].is_array()) return;
  Problems problems;
  for (std::size_t i = 0; i < value["variants"].size(); ++i) {
    const auto& given = value["variants"][i];
    json meant;
    if (given.is_string())
      meant = {{"name", given}, {"set", {{"model.variant", given}}}};
    else if (given.is_object() && given.contains("variant") && !given.contains("set"))
      meant = {{"name", given["variant"]}, {"set", {{"model", given}}}};
    if (!meant.is_null())
      problems.add("variants[" + std::to_string(i) + "]: is a model, not changes of the base run: write " +
                   one_line(meant));
  }
  problems.raise(file);
}

}  // namespace

void register_comparison_files() {
  [[maybe_unused]] static const bool once = [] {
    config_kinds().push_back(config_kind<ComparisonConfig>("comparison", "aelab compare"));
    return true;
  }();
}

ComparisonConfig read_comparison_config(const std::string& text, const std::string& file,
                                        const std::vector<std::string>& overrides) {
  register_comparison_files();
  auto value = parse_kind(text, file, "comparison");
  put_base(value, file);
  apply_overrides(value, overrides, "base");
  put_base(value, file);
  require_variants(value, file);
  ComparisonConfig config;
  read_config(value, config, file);
  return config;
}

namespace {

/// Keys with the values that they take together.
using Setting = std::vector<std::pair<std::string, json>>;

constexpr std::string_view kSignsOfValues = ",=+[]";

/// A value as part of a name: a number or string as it is, an object by its kind.
std::string in_name(const json& value) {
  if (value.is_object())
    for (const auto* tag : {"variant", "kind", "source"})
      if (value.contains(tag) && value[tag].is_string()) return value[tag];
  auto text = value.is_string() ? value.get<std::string>() : value.dump();
  for (char& c : text)
    if (!is_folder_name(std::string(1, 'x') + c, kSignsOfValues)) c = '_';
  return text;
}

/// "code=16,batch_size=64"; keys whose last parts are the same are written out.
std::string name_of(const Setting& setting) {
  const auto last_part = [](const std::string& path) { return path.substr(path.rfind('.') + 1); };
  std::vector<std::string> parts;
  for (const auto& [path, value] : setting) {
    const auto alike = std::count_if(
        setting.begin(), setting.end(),
        [&, last = last_part(path)](const auto& other) { return last_part(other.first) == last; });
    parts.push_back((alike > 1 ? path : last_part(path)) + "=" + in_name(value));
  }
  return join(parts, ",");
}

json parsed(const AnyJson& value) { return value.text.empty() ? json() : json::parse(value.text); }

/// Where a key belongs that is not a key of runs but of comparisons; "" for all others.
std::string place_in_comparison(const std::string& key) {
  const auto first = key.substr(0, key.find_first_of(".["));
  const auto has_field = [&](ConfigRef config) {
    const auto names = field_names(config);
    return std::find(names.begin(), names.end(), first) != names.end();
  };
  RunConfig run;
  ComparisonConfig comparison;
  VariantConfig variant;
  if (has_field(run)) return {};
  if (has_field(comparison)) return "at the top level, beside \"variants\"";
  return has_field(variant) ? "beside \"set\"" : "";
}

/// An object of keys as a setting; anything else is a problem.
Setting setting_of(const json& value, const std::string& path, Problems& problems) {
  Setting setting;
  if (value.is_null()) return setting;
  if (!value.is_object()) {
    problems.add(path + ": must be an object of keys and values, not " + describe_json(value));
    return setting;
  }
  for (const auto& [key, set] : value.items()) {
    static const std::map<std::string, std::string> kOwn = {{"seed", "seeds"},
                                                            {"name", "a variant's \"name\""},
                                                            {"output", "output"},
                                                            {"training.threads", "threads"}};
    if (const auto own = kOwn.find(key); own != kOwn.end())
      problems.add(path + "." + key + ": is set by the comparison; use " +
                   (own->second.find('"') == std::string::npos ? '"' + own->second + '"' : own->second));
    if (const auto place = place_in_comparison(key); !place.empty())
      problems.add(path + "." + key + ": is not a key of a run. \"" + key + "\" belongs " + place);
    setting.emplace_back(key, set);
  }
  return setting;
}

bool has_twins(const json& values) {
  for (std::size_t i = 0; i < values.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (values[i] == values[j]) return true;
  return false;
}

/// Every combination of a value of each key.
std::vector<Setting> grid_settings(const json& grid, Problems& problems) {
  std::vector<Setting> settings = {{}};
  for (const auto& [key, values] : setting_of(grid, "grid", problems)) {
    if (!values.is_array() || values.empty() || has_twins(values)) {
      problems.add("grid." + key + ": must be a list of distinct values, one at least, not " +
                   (values.is_array() ? values.dump() : describe_json(values)));
      continue;
    }
    std::vector<Setting> longer;
    for (const auto& setting : settings)
      for (const auto& value : values) {
        longer.push_back(setting);
        longer.back().emplace_back(key, value);
      }
    settings = std::move(longer);
  }
  return settings;
}

std::vector<Setting> list_settings(const json& list, Problems& problems) {
  if (list.is_null()) return {{}};
  if (!list.is_array() || list.empty()) {
    problems.add("list: must be a list of objects of keys and values, one at least, not " +
                 (list.is_array() ? list.dump() : describe_json(list)));
    return {{}};
  }
  std::vector<Setting> settings;
  for (std::size_t i = 0; i < list.size(); ++i)
    settings.push_back(setting_of(list[i], "list[" + std::to_string(i) + "]", problems));
  return settings;
}

/// Whether a budget says how long runs train.
bool has_total(const ComparisonConfig& config) {
  return config.budget && (config.budget->epochs || config.budget->steps || config.budget->seconds);
}

/// Sets the threads and the budget of a run's training.
void set_training(json& run, const ComparisonConfig& config, const std::vector<double>& shares) {
  auto& training = run["training"];
  if (!training.is_object()) return;  // reported when the run is read
  training["threads"] = config.threads;
  if (!config.budget) return;
  json budget;
  if (config.budget->epochs) budget["epochs"] = *config.budget->epochs;
  if (config.budget->steps) budget["steps"] = *config.budget->steps;
  if (config.budget->seconds) budget["seconds"] = *config.budget->seconds;
  if (budget.is_null()) return;
  if (!shares.empty()) budget["shares"] = shares;
  training["budget"] = budget;
}

/// The base. Keys that the comparison sets itself are problems.
json base_run(const ComparisonConfig& config, Problems& problems) {
  auto base = parsed(config.base);
  if (!base.is_object()) {
    problems.add("base: must be a run file's object, not " + describe_json(base));
    return json::object();
  }
  base.erase("$schema");
  if (base.contains("train")) {
    problems.add({"base.train",
                  "is of models that are trained together; a comparison trains its variants apart: "
                  "list what the models change as \"variants\""});
    base.erase("train");
  }
  if (!base.contains("training")) base["training"] = json::object();
  if (!base["training"].is_object()) return base;
  if (base["training"].contains("threads"))
    problems.add({"base.training.threads", "is set by the comparison; use \"threads\""});
  if (config.budget && base["training"].contains("budget"))
    problems.add({"base.training.budget", "and the comparison's \"budget\" exclude each other"});
  return base;
}

/// Every combination of an entry of the list and one of the grid.
std::vector<Setting> combinations(const ComparisonConfig& config, Problems& problems) {
  const auto list = list_settings(parsed(config.list), problems);
  const auto grid = grid_settings(parsed(config.grid), problems);
  std::vector<Setting> all;
  for (const auto& listed : list)
    for (const auto& combined : grid) {
      all.push_back(listed);
      all.back().insert(all.back().end(), combined.begin(), combined.end());
    }
  return all;
}

Contender contender_of(const VariantConfig& variant, const std::string& path, const Setting& own,
                       const Setting& varied, const ComparisonConfig& config, json run, Problems& problems) {
  auto settings = json::object();
  for (const auto* setting : {&own, &varied})
    for (const auto& entry : *setting) {
      if (settings.contains(entry.first))
        problems.add(path + ": \"" + entry.first + "\" is set twice for \"" + variant.name +
                     "\"; only one of its \"set\", \"list\" and \"grid\" may set it");
      if (entry.first == "training.epochs" && has_total(config))
        problems.add(path + ": training.epochs and the comparison's \"budget\" exclude each other");
      problems.attempt([&] { set_value(run, entry.first, entry.second, path + " \"" + entry.first + "\""); });
      settings[entry.first] = entry.second;
    }
  run["name"] = variant.name;
  set_training(run, config, variant.shares);
  return {.name = variant.name + (varied.empty() ? "" : "," + name_of(varied)),
          .run = {run.dump()},
          .shares = variant.shares,
          .width = variant.width,
          .settings = {settings.dump()}};
}

}  // namespace

std::vector<Contender> contenders(const ComparisonConfig& config, Problems& problems) {
  auto variants = config.variants;
  if (variants.empty()) variants.push_back({.name = "base"});
  const auto base = base_run(config, problems);
  const auto combined = combinations(config, problems);
  std::vector<Contender> all;
  std::set<std::string> names;
  for (std::size_t i = 0; i < variants.size(); ++i) {
    const auto path = "variants[" + std::to_string(i) + "]";
    const auto own = setting_of(parsed(variants[i].set), path + ".set", problems);
    for (const auto& varied : combined) {
      all.push_back(contender_of(variants[i], path, own, varied, config, base, problems));
      if (!names.insert(all.back().name).second)
        problems.add(path + ".name: there are two variants \"" + all.back().name + "\"");
    }
  }
  return all;
}

nlohmann::ordered_json comparison_schema() {
  ComparisonConfig comparison;
  RunConfig run;
  auto schema = config_schema(comparison), base = config_schema(run);
  schema["definitions"].update(base["definitions"]);
  auto& property = schema["properties"]["base"];
  property["anyOf"] = {
      {{"type", "object"}, {"properties", base["properties"]}, {"additionalProperties", false}},
      {{"type", "string"}}};
  for (const auto* key : {"grid"}) schema["properties"][key]["type"] = "object";
  schema["properties"]["list"]["type"] = "array";
  schema["properties"]["variants"]["items"]["properties"]["set"]["type"] = "object";
  return schema;
}

}  // namespace aelab
