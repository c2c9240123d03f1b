// aelab list, describe, schema

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "aelab/cli/commands.h"
#include "aelab/core/config.h"
#include "aelab/core/text.h"
#include "aelab/runs/catalog.h"
#include "aelab/runs/comparison_config.h"
#include "aelab/runs/run_config.h"

namespace aelab::cli {
namespace {

using nlohmann::json;

/// A registry by its plural or its noun; "models" are the variants.
const Kinds& registry_named(const std::string& name) {
  std::vector<std::string> known = {"models"};
  for (const auto* kinds : catalog()) {
    const bool models = name == "models" && kinds->plural() == "variants";
    if (kinds->plural() == name || kinds->noun() == name || models) return *kinds;
    known.push_back(kinds->plural());
  }
  throw Error("unknown list \"" + name + "\"." + did_you_mean(name, known));
}

json listing(const Kinds& kinds) {
  json list = json::array();
  for (const auto& kind : kinds.all()) list.push_back({{"name", kind.name}, {"summary", kind.summary}});
  return list;
}

void print_list(const Kinds& kinds) {
  fmt::print("{}\n", kinds.plural());
  for (const auto& kind : kinds.all()) fmt::print("  {:<20} {}\n", kind.name, kind.summary);
}

/// "integer", "number or schedule", "list of integer", "one of relu, tanh"
std::string type_of(const json& schema) {
  if (schema.contains("allOf")) return type_of(schema["allOf"][0]);
  if (schema.contains("$ref")) {
    const auto plural = schema["$ref"].get<std::string>().substr(std::string_view("#/definitions/").size());
    return registry_named(plural).noun();
  }
  if (schema.contains("enum")) return "one of " + join(schema["enum"].get<std::vector<std::string>>(), ", ");
  if (schema.contains("items")) return "list of " + type_of(schema["items"]);
  auto type = schema.value("type", "object");
  for (const auto& [key, sign] :
       {std::pair("minimum", ">="), {"exclusiveMinimum", ">"}, {"maximum", "<="}, {"exclusiveMaximum", "<"}})
    if (schema.contains(key)) type += fmt::format(" {} {}", sign, shortest(schema[key].get<double>()));
  return type;
}

void print_fields(const json& schema) {
  for (const auto& [name, field] : schema["properties"].items()) {
    fmt::print("  {}\n      {}\n      {}", name, field.value("description", ""), type_of(field));
    if (field.contains("default")) fmt::print("; default {}", field["default"].dump());
    fmt::print("\n");
  }
}

void print_measures(const std::string& metric) {
  for (const auto& measure : Choice<Metric>::named(metric).make()->measures())
    fmt::print(
        "  {}, version {}\n      {}{}\n", measure.name, measure.version, measure.definition,
        measure.better == Direction::neither
            ? ""
            : fmt::format("; {} is better", names(measure.better)[static_cast<std::size_t>(measure.better)]));
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
      json all = json::object();
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
  auto* command = app.add_subcommand("describe", "Describe one kind: its fields, their defaults and bounds");
  command->add_option("WHAT", options->what, "models, data, backbones, ...")->required();
  command->add_option("NAME", options->name, "the kind's name")->required();
  command->add_flag("--json", options->json, "print the kind's JSON Schema");
  command->footer("Example: aelab describe models dense");
  command->callback([options, &chosen] {
    chosen = [options] {
      const auto& kinds = registry_named(options->what);
      const auto& kind = kinds.at(options->name);
      const auto schema = kind_schema(kind);
      if (options->json) {
        fmt::print("{}\n", schema.dump(2));
        return 0;
      }
      fmt::print("{} \"{}\": {}\n", kinds.noun(), kind.name, kind.summary);
      print_fields(schema);
      if (&kinds == &Metric::registry()) print_measures(kind.name);
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
      RunConfig defaults;
      const auto schema = options->what == "run" ? config_schema(defaults) : comparison_schema();
      fmt::print("{}\n", schema.dump(2));
      return 0;
    };
  });
}

}  // namespace aelab::cli
