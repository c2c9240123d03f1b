// aelab list, describe, schema

#include <algorithm>
#include <nlohmann/json.hpp>

#include "aelab/cli/commands.h"
#include "aelab/cli/completion.h"
#include "aelab/cli/output.h"
#include "aelab/comparisons/config.h"
#include "aelab/core/config.h"
#include "aelab/core/layout.h"
#include "aelab/core/text.h"
#include "aelab/runs/catalog.h"
#include "aelab/runs/run_file.h"

namespace aelab::cli {
namespace {

using nlohmann::ordered_json;

/// A registry by its plural or its noun; "models" are the variants. `known` are names to suggest beside
/// these.
const Kinds& registry_named(const std::string& name, std::vector<std::string> known = {}) {
  const std::string what = known.empty() ? "list" : "name";
  known.emplace_back("models");
  for (const auto* kinds : catalog()) {
    const bool models = name == "models" && kinds->plural() == "variants";
    if (kinds->plural() == name || kinds->noun() == name || models) return *kinds;
    known.push_back(kinds->plural());
  }
  const auto near = nearest(name, known);
  throw Error("unknown " + what + " \"" + name + "\"." +
              (near.empty() ? " See aelab list" : " Did you mean \"" + near + "\"?"));
}

ordered_json listing(const Kinds& kinds) {
  ordered_json list = ordered_json::array();
  for (const auto& kind : kinds.all()) list.push_back({{"name", kind.name}, {"summary", kind.summary}});
  return list;
}

void print_list(const Kinds& kinds) {
  constexpr std::size_t kColumn = 23;
  print("{}\n", kinds.plural());
  for (const auto& kind : kinds.all())
    print_text(entry("  " + kind.name, kind.summary, kColumn, text_width()));
}

std::string type_of(const Kinds& kinds) {
  return fmt::format("{}{} (aelab list {})", kinds.number_meaning().first.empty() ? "" : "number or ",
                     kinds.noun(), kinds.plural());
}

/// The registry that a schema names or refers to; null if it does neither.
const Kinds* registry_of(const ordered_json& schema) {
  if (schema.contains("title")) return &registry_named(schema["title"]);
  if (!schema.contains("$ref")) return nullptr;
  return &registry_named(schema["$ref"].get<std::string>().substr(std::string_view("#/definitions/").size()));
}

/// ", at least 1", ", above 0 and below 1"; "" where nothing bounds it.
std::string bounds_of(const ordered_json& schema) {
  const auto number = [&](const char* key) {
    return schema.contains(key) ? shortest(schema[key].get<double>()) : std::string();
  };
  const auto least = number("minimum"), above = number("exclusiveMinimum"), most = number("maximum"),
             below = number("exclusiveMaximum");
  if (!least.empty() && !most.empty()) return ", between " + least + " and " + most;
  std::vector<std::string> parts;
  for (const auto& [words, bound] :
       {std::pair("at least ", least), {"above ", above}, {"at most ", most}, {"below ", below}})
    if (!bound.empty()) parts.push_back(words + bound);
  return parts.empty() ? "" : ", " + join(parts, " and ");
}

/// "integers, each at least 1", "schedules (aelab list schedules)": the entries of a list.
std::string type_of_entries(const ordered_json& schema) {
  if (schema.contains("allOf")) return type_of_entries(schema["allOf"][0]);
  if (const auto* kinds = registry_of(schema))
    return fmt::format("{}{} (aelab list {})", kinds->number_meaning().first.empty() ? "" : "numbers or ",
                       kinds->plural(), kinds->plural());
  if (schema.contains("enum"))
    return "values among " + join(schema["enum"].get<std::vector<std::string>>(), ", ");
  if (schema.contains("anyOf"))
    return type_of_entries(schema["anyOf"][0]) + " or " + type_of_entries(schema["anyOf"][1]);
  if (schema.contains("items")) return "lists of " + type_of_entries(schema["items"]);
  const auto bounds = bounds_of(schema);
  return schema.value("type", "object") + "s" + (bounds.empty() ? "" : ", each" + bounds.substr(1));
}

/// "integer, at least 1", "number or schedule (aelab list schedules)", "list of strings", "one of relu, tanh"
std::string type_of(const ordered_json& schema) {
  if (schema.contains("allOf")) return type_of(schema["allOf"][0]);
  if (const auto* kinds = registry_of(schema)) return type_of(*kinds);
  if (schema.contains("enum")) return "one of " + join(schema["enum"].get<std::vector<std::string>>(), ", ");
  if (schema.contains("anyOf")) return type_of(schema["anyOf"][0]) + " or " + type_of(schema["anyOf"][1]);
  if (schema.contains("items")) return "list of " + type_of_entries(schema["items"]);
  return schema.value("type", "object") + bounds_of(schema);
}

/// The fields of an object, of those in a list, or beside a choice's own; none where there are no such.
ordered_json fields_of(const ordered_json& schema) {
  if (schema.contains("properties")) return schema["properties"];
  if (schema.contains("items")) return fields_of(schema["items"]);
  if (schema.contains("anyOf")) return fields_of(schema["anyOf"][1]);
  return ordered_json::object();
}

/// A line with all of its continuation lines at the same margin.
void print_at(std::size_t margin, const std::string& text) {
  print_wrapped(std::string(margin, ' ') + text + "\n");
}

/// Each field with its description, type and default; the fields of objects stand below it, further to the
/// right.
void print_fields(const ordered_json& fields, std::size_t margin = 2) {
  for (const auto& [name, field] : fields.items()) {
    const auto inner = fields_of(field);
    print_at(margin, name);
    if (field.contains("description")) print_at(margin + 4, field["description"].get<std::string>());
    auto type = type_of(field);
    if (field.contains("default") && (inner.empty() || field["default"].is_array()))
      type += "; default: " + spaced(field["default"]);
    print_at(margin + 4, type);
    print_fields(inner, margin + 4);
  }
}

void print_measures(const std::string& metric) {
  for (const auto& measure : Choice<Metric>::named(metric).make()->measures()) {
    print_at(2, fmt::format("{}, version {}", measure.name, measure.version));
    print_at(6, measure.better == Direction::neither
                    ? measure.definition
                    : fmt::format("{}; {} is better", measure.definition, name_of(measure.better)));
  }
}

/// The parts that a variant expands to by default, if its defaults suit images of 28x28.
void print_default_parts(const std::string& variant) {
  constexpr std::size_t kColumn = 15;
  std::shared_ptr<Autoencoder> model;
  Problems unsuited;
  if (!unsuited.attempt([&] {
        model = Autoencoder::make(Choice<Autoencoder>::named(variant), Shape{1, 28, 28});
      }))
    return;
  print("default parts\n");
  const nlohmann::ordered_json parts = write_config(model->config());
  for (const auto& [part, config] : parts.items())
    print_text(entry("  " + part, spaced(config), kColumn, text_width()));
}

ordered_json run_schema() { return run_file_schema(); }

/// All that can be described by its name alone.
std::vector<std::string> described_names() {
  std::vector<std::string> names = {"run", "comparison"};
  for (const auto* kinds : catalog())
    for (const auto& name : kinds->names()) names.push_back(name);
  const auto schema = run_schema();
  for (const auto& field : schema["properties"].items()) names.push_back(field.key());
  return names;
}

void describe_file(const std::string& name, bool as_json) {
  const auto schema = name == "run" ? run_schema() : comparison_schema();
  if (as_json) {
    print_json(schema, 2);
    return;
  }
  print_wrapped(name + " file: " +
                (name == "run" ? "data, model, training and evaluation of one run"
                               : "a base run, its variants, and the seeds that each is run with") +
                "\n");
  print_fields(fields_of(schema));
}

/// Describes what stands at a path in run files, such as training.optimizer; false if there is no such path.
bool describe_key(const std::string& path, bool as_json) {
  auto part = run_schema_at(path);
  if (part.is_null()) return false;
  if (as_json) {
    part["definitions"] = run_schema()["definitions"];
    print_json(part, 2);
    return true;
  }
  const auto description = part.value("description", "");
  print_wrapped(fmt::format("\"{}\" of a run file: {}{}\n", path,
                            description.empty() ? "" : description + "; ", type_of(part)),
                2);
  print_fields(fields_of(part));
  return true;
}

void describe_kind(const Kinds& kinds, const std::string& name, bool as_json) {
  const auto& kind = kinds.at(name);
  const auto schema = kind_schema(kind);
  if (as_json) {
    print_json(schema, 2);
    return;
  }
  print_wrapped(fmt::format("{} \"{}\": {}\n", kinds.noun(), kind.name, kind.summary), 2);
  print_fields(schema["properties"]);
  if (&kinds == &Metric::registry()) print_measures(kind.name);
  if (&kinds == &Autoencoder::registry()) print_default_parts(kind.name);
}

/// Describes every registered type of that name: "contractive" is a variant and a penalty. False if there is
/// none.
bool describe_kinds_named(const std::string& name, bool as_json) {
  std::vector<const Kinds*> found;
  for (const auto* kinds : catalog()) {
    const auto names = kinds->names();
    if (std::find(names.begin(), names.end(), name) != names.end()) found.push_back(kinds);
  }
  if (!as_json)
    for (const auto* kinds : found) describe_kind(*kinds, name, as_json);
  if (as_json && !found.empty()) {
    ordered_json schemas;
    for (const auto* kinds : found) schemas[kinds->plural()] = kind_schema(kinds->at(name));
    print_json(schemas, 2);
  }
  return !found.empty();
}

/// Describes a file, a key of run files, or a registered type; false if it is not the name of one.
bool describe_unnamed(const std::string& what, bool as_json) {
  if (what != "run" && what != "comparison")
    return describe_key(what, as_json) || describe_kinds_named(what, as_json);
  describe_file(what, as_json);
  return true;
}

}  // namespace

void add_list(CLI::App& app, Command& chosen) {
  struct Options {
    std::string what;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("list", "List the models, data sources and all other registered types");
  command
      ->add_option("WHAT", options->what, "list to print: models, data, backbones, ...; all lists if omitted")
      ->type_name("LIST");
  command->add_flag("--json", options->json, "print one JSON object");
  command->footer("Example: aelab list models");
  command->callback([options, &chosen] {
    chosen = [options] {
      const auto lists =
          options->what.empty() ? catalog() : std::vector<const Kinds*>{&registry_named(options->what)};
      ordered_json all = ordered_json::object();
      for (const auto* kinds : lists) {
        if (!options->json) print_list(*kinds);
        all[kinds->plural()] = listing(*kinds);
      }
      if (options->json) print_json(all, 2);
      return 0;
    };
  });
}

void add_describe(CLI::App& app, Command& chosen) {
  struct Options {
    std::string what, name;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand(
      "describe", "Describe a registered type or a part of run files: fields, types, defaults");
  command
      ->add_option("WHAT", options->what,
                   "a list (models, data, backbones, ...) followed by NAME; or run, comparison, a key of run "
                   "files such as training, or a name alone such as contractive")
      ->required()
      ->type_name("DESCRIBED");
  command->add_option("NAME", options->name, "name of the type in that list")->type_name("NAME");
  command->add_flag("--json", options->json, "print the JSON Schema");
  command->footer("Example: aelab describe models dense\nExample: aelab describe training");
  command->callback([options, &chosen] {
    chosen = [options] {
      const auto& [what, name, as_json] = *options;
      if (name.empty() && describe_unnamed(what, as_json)) return 0;
      const auto& kinds = registry_named(what, name.empty() ? described_names() : std::vector<std::string>());
      if (name.empty())
        throw Error("describe: which of the " + kinds.plural() + "? Known: " + join(kinds.names(), ", ") +
                    ". See aelab describe --help");
      describe_kind(kinds, name, as_json);
      return 0;
    };
  });
}

void add_schema(CLI::App& app, Command& chosen) {
  struct Options {
    std::string what = "run";
  };
  auto options = std::make_shared<Options>();
  auto* command =
      app.add_subcommand("schema", "Print the JSON Schema of run or comparison files, for use in editors");
  command->add_option("WHAT", options->what, "kind of file")
      ->type_name("run|comparison")
      ->capture_default_str();
  command->footer("Example: aelab schema run > aelab-run.schema.json");
  command->callback([options, &chosen] {
    chosen = [options] {
      if (options->what != "run" && options->what != "comparison")
        throw Error("schema: must be run or comparison, not \"" + options->what + "\"");
      describe_file(options->what, /*as_json=*/true);
      return 0;
    };
  });
}

}  // namespace aelab::cli
