// aelab list, describe, schema

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "aelab/cli/commands.h"
#include "aelab/core/config.h"
#include "aelab/core/text.h"
#include "aelab/runs/catalog.h"
#include "aelab/runs/comparison_config.h"
#include "aelab/runs/run_config.h"

namespace aelab::cli {
namespace {

using nlohmann::ordered_json;

/// A registry by its plural or its noun; "models" are the variants. `known` are other names that there are.
const Kinds& registry_named(const std::string& name, std::vector<std::string> known = {}) {
  known.emplace_back("models");
  for (const auto* kinds : catalog()) {
    const bool models = name == "models" && kinds->plural() == "variants";
    if (kinds->plural() == name || kinds->noun() == name || models) return *kinds;
    known.push_back(kinds->plural());
  }
  throw Error("unknown list \"" + name + "\"." + did_you_mean(name, known));
}

ordered_json listing(const Kinds& kinds) {
  ordered_json list = ordered_json::array();
  for (const auto& kind : kinds.all()) list.push_back({{"name", kind.name}, {"summary", kind.summary}});
  return list;
}

void print_list(const Kinds& kinds) {
  fmt::print("{}\n", kinds.plural());
  for (const auto& kind : kinds.all()) fmt::print("  {:<20} {}\n", kind.name, kind.summary);
}

std::string type_of(const Kinds& kinds) {
  return fmt::format("{}{} (aelab list {})", kinds.number_meaning().first.empty() ? "" : "number or ",
                     kinds.noun(), kinds.plural());
}

/// "integer", "number or schedule (aelab list schedules)", "list of integer", "one of relu, tanh"
std::string type_of(const ordered_json& schema) {
  if (schema.contains("allOf")) return type_of(schema["allOf"][0]);
  if (schema.contains("title")) return type_of(registry_named(schema["title"]));
  if (schema.contains("$ref"))
    return type_of(
        registry_named(schema["$ref"].get<std::string>().substr(std::string_view("#/definitions/").size())));
  if (schema.contains("enum")) return "one of " + join(schema["enum"].get<std::vector<std::string>>(), ", ");
  if (schema.contains("anyOf")) return type_of(schema["anyOf"][0]) + " or " + type_of(schema["anyOf"][1]);
  if (schema.contains("items")) return "list of " + type_of(schema["items"]);
  auto type = schema.value("type", "object");
  for (const auto& [key, sign] :
       {std::pair("minimum", ">="), {"exclusiveMinimum", ">"}, {"maximum", "<="}, {"exclusiveMaximum", "<"}})
    if (schema.contains(key)) type += fmt::format(" {} {}", sign, shortest(schema[key].get<double>()));
  return type;
}

/// The fields of an object, of those in a list, or beside a choice's own; none where there are no such.
ordered_json fields_of(const ordered_json& schema) {
  if (schema.contains("properties")) return schema["properties"];
  if (schema.contains("items")) return fields_of(schema["items"]);
  if (schema.contains("anyOf")) return fields_of(schema["anyOf"][1]);
  return ordered_json::object();
}

/// Fields that are objects have theirs below them, further to the right.
void print_fields(const ordered_json& fields, std::size_t indent = 2) {
  const std::string margin(indent, ' ');
  for (const auto& [name, field] : fields.items()) {
    const auto inner = fields_of(field);
    fmt::print("{}{}\n", margin, name);
    if (field.contains("description"))
      fmt::print("{}    {}\n", margin, field["description"].get<std::string>());
    fmt::print("{}    {}", margin, type_of(field));
    if (field.contains("default") && (inner.empty() || field["default"].is_array()))
      fmt::print("; default {}", field["default"].dump());
    fmt::print("\n");
    print_fields(inner, indent + 4);
  }
}

void print_measures(const std::string& metric) {
  for (const auto& measure : Choice<Metric>::named(metric).make()->measures())
    fmt::print(
        "  {}, version {}\n      {}{}\n", measure.name, measure.version, measure.definition,
        measure.better == Direction::neither ? "" : fmt::format("; {} is better", name_of(measure.better)));
}

/// What a variant makes of parts that are left out, if its defaults suit images of 28x28.
void print_default_parts(const std::string& variant) {
  std::shared_ptr<Autoencoder> model;
  Problems unsuited;
  if (!unsuited.attempt([&] {
        model = Autoencoder::make(Choice<Autoencoder>::named(variant), Shape{1, 28, 28});
      }))
    return;
  fmt::print("parts, when left out\n");
  const auto parts = write_config(model->config());
  for (const auto& [part, config] : parts.items()) fmt::print("  {:<12} {}\n", part, config.dump());
}

ordered_json run_schema() {
  RunConfig defaults;
  return config_schema(defaults);
}

/// What can be described beside kinds: files, and the keys of run files.
std::vector<std::string> file_names_and_keys() {
  std::vector<std::string> names = {"run", "comparison"};
  const auto schema = run_schema();
  for (const auto& field : schema["properties"].items()) names.push_back(field.key());
  return names;
}

void describe_file(const std::string& name, bool as_json) {
  const auto schema = name == "run" ? run_schema() : comparison_schema();
  if (as_json) {
    fmt::print("{}\n", schema.dump(2));
    return;
  }
  fmt::print("{} file: {}\n", name,
             name == "run" ? "what is trained on what, how, and what is measured"
                           : "a run, what varies in it, and how often");
  print_fields(fields_of(schema));
}

/// What a run file has under `key`; false if there is no such key.
bool describe_key(const std::string& key, bool as_json) {
  const auto schema = run_schema();
  auto part = schema["properties"].value(key, ordered_json());
  if (part.is_null()) return false;
  if (as_json) {
    part["definitions"] = schema["definitions"];
    fmt::print("{}\n", part.dump(2));
    return true;
  }
  fmt::print("\"{}\" of a run file: {}; {}\n", key, part["description"].get<std::string>(), type_of(part));
  print_fields(fields_of(part));
  return true;
}

void describe_kind(const Kinds& kinds, const std::string& name, bool as_json) {
  const auto& kind = kinds.at(name);
  const auto schema = kind_schema(kind);
  if (as_json) {
    fmt::print("{}\n", schema.dump(2));
    return;
  }
  fmt::print("{} \"{}\": {}\n", kinds.noun(), kind.name, kind.summary);
  print_fields(schema["properties"]);
  if (&kinds == &Metric::registry()) print_measures(kind.name);
  if (&kinds == &Autoencoder::registry()) print_default_parts(kind.name);
}

/// All kinds of that name, whatever they are kinds of: "contractive" is a model, and a penalty. False if
/// there are none.
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
    fmt::print("{}\n", schemas.dump(2));
  }
  return !found.empty();
}

/// A file, a key of run files, or a kind; false if it is none of these.
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
  auto* command = app.add_subcommand("list", "List models, data, and every other kind of part");
  command->add_option("WHAT", options->what, "models, data, backbones, ...; all when left out");
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
      if (options->json) fmt::print("{}\n", all.dump(2));
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
      "describe", "Describe one kind, or a part of run files: fields, their defaults and bounds");
  command
      ->add_option(
          "WHAT", options->what,
          "models, data, backbones, ...; or run, comparison, a key of run files, such as training, or a name "
          "alone, such as contractive")
      ->required();
  command->add_option("NAME", options->name, "the kind's name; none for run files and names alone");
  command->add_flag("--json", options->json, "print the JSON Schema");
  command->footer("Example: aelab describe models dense\nExample: aelab describe training");
  command->callback([options, &chosen] {
    chosen = [options] {
      const auto& [what, name, as_json] = *options;
      if (name.empty() && describe_unnamed(what, as_json)) return 0;
      const auto& kinds =
          registry_named(what, name.empty() ? file_names_and_keys() : std::vector<std::string>());
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
      app.add_subcommand("schema", "Print the JSON Schema of run or comparison files, for editors");
  command->add_option("WHAT", options->what, "run or comparison")->capture_default_str();
  command->footer("Example: aelab schema run > aelab-run.schema.json");
  command->callback([options, &chosen] {
    chosen = [options] {
      if (options->what != "run" && options->what != "comparison")
        throw Error("schema: there is one for \"run\" and one for \"comparison\", none for \"" +
                    options->what + "\"");
      describe_file(options->what, /*as_json=*/true);
      return 0;
    };
  });
}

}  // namespace aelab::cli
