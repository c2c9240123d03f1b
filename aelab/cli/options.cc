#include "aelab/cli/options.h"

#include <charconv>
#include <cmath>
#include <filesystem>

#include "aelab/cli/output.h"
#include "aelab/core/json.h"
#include "aelab/core/text.h"
#include "aelab/data/source.h"
#include "aelab/runs/trained_model.h"

namespace aelab::cli {
namespace {

using nlohmann::ordered_json;

/// A text that is not a whole number stays a text, which the config refuses by its name.
nlohmann::json number_or_text(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole ? nlohmann::json(number) : nlohmann::json(text);
}

/// The same of a number, which may be written as ".05".
nlohmann::json any_number_or_text(const std::string& text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size() && std::isfinite(number);
  return whole ? nlohmann::json(number) : nlohmann::json(text);
}

/// Cut at the commas that stand outside brackets and strings.
std::vector<std::string> split_at_commas(const std::string& text) {
  std::vector<std::string> parts(1);
  int depth = 0;
  bool quoted = false, escaped = false;
  for (const char c : text) {
    if (c == '"' && !escaped) quoted = !quoted;
    escaped = quoted && c == '\\' && !escaped;
    if (!quoted) depth += (c == '{' || c == '[') - (c == '}' || c == ']');
    if (c == ',' && !quoted && depth == 0)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

nlohmann::json name_or_object(const std::string& text, const std::string& option) {
  return text.starts_with('{') ? parse_json(text, option) : nlohmann::json(text);
}

nlohmann::json list_of(const std::string& text, const std::string& option) {
  if (text.starts_with('[')) return parse_json(text, option);
  auto list = nlohmann::json::array();
  for (const auto& item : split_at_commas(text))
    list.push_back(name_or_object(CLI::detail::trim_copy(item), option));
  return list;
}

bool is_list(const ordered_json& field) { return field.value("type", "") == "array"; }
bool is_data(const ordered_json& field) { return field.value("title", "") == "data source"; }

/// The config of a data source: JSON, the name of a source, or what reads a path as the run's files are read.
nlohmann::json data_value(const std::string& text, const std::string& option, const std::string& folder) {
  std::error_code error;
  if (text.starts_with('{') || Source::registry().find(text) || !std::filesystem::exists(text, error))
    return name_or_object(text, option);
  const auto source = source_like_run(config_of_model(folder), text);
  remark(option + ": " + text + " is read as " + spaced(source));
  return source;
}

nlohmann::json value_of(const std::string& name, const ordered_json& field, const std::string& text,
                        const std::string& folder) {
  if (is_list(field)) return list_of(text, "--" + name);
  if (is_data(field)) return data_value(text, "--" + name, folder);
  const auto type = field.value("type", "");
  if (type == "integer") return number_or_text(text);
  if (type == "number") return any_number_or_text(text);
  if (type == "boolean") return true;
  return type == "string" ? nlohmann::json(text) : name_or_object(text, "--" + name);
}

/// What help and shell completion show as the values of a field.
std::string type_of_values(const ordered_json& field) {
  const auto names = [](const ordered_json& schema) {
    return schema.contains("enum") ? schema["enum"].get<std::vector<std::string>>()
                                   : std::vector<std::string>();
  };
  if (is_data(field)) return "SOURCE";
  if (is_list(field)) {
    const auto several = names(field["items"]);
    return several.empty() ? "LIST" : join(several, ",");
  }
  if (const auto one = names(field); !one.empty()) return join(one, "|");
  const auto type = field.value("type", "");
  return type == "integer" ? "N" : type == "number" ? "NUMBER" : "TEXT";
}

}  // namespace

void ConfigOptions::add(CLI::App& command, const ordered_json& schema,
                        const std::map<std::string, std::string>& types) {
  for (const auto& [name, field] : schema["properties"].items()) {
    auto& option = options_.emplace_back(Option{name, field, std::nullopt});
    if (field.value("type", "") == "boolean") {
      command.add_flag_callback(
          "--" + name, [&option] { option.given = "true"; }, field.value("description", ""));
      continue;
    }
    const auto type = types.find(name);
    auto* added = command.add_option("--" + name, option.given, field.value("description", ""))
                      ->type_name(type == types.end() ? type_of_values(field) : type->second);
    const auto standard = field.value("default", ordered_json());
    if (standard.is_string() && !standard.get<std::string>().empty())
      added->default_str(standard.get<std::string>());
    if (standard.is_number()) added->default_str(standard.dump());
  }
}

void ConfigOptions::read(ConfigRef config, const std::string& command, const std::string& folder) const {
  auto value = nlohmann::json::object();
  for (const auto& option : options_)
    if (option.given) value[option.name] = value_of(option.name, option.field, *option.given, folder);
  Problems found, named;
  read_config(value, config, found);
  for (const auto& problem : found.all()) named.add("--" + problem);
  named.raise(command);
  for (const auto& said : found.remarks()) remark("--" + said);
}

}  // namespace aelab::cli
