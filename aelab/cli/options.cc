#include "aelab/cli/options.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "aelab/core/json.h"

namespace aelab::cli {
namespace {

/// What is no whole number stays a text, which the config refuses by its name.
nlohmann::json number_or_text(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
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

nlohmann::json value_of(const std::string& name, OptionType type, const std::string& text) {
  switch (type) {
    case OptionType::number:
      return number_or_text(text);
    case OptionType::list:
      return list_of(text, "--" + name);
    case OptionType::data:
      return name_or_object(text, "--" + name);
    default:
      return text;
  }
}

}  // namespace

void ConfigOptions::add(CLI::App& command, const std::string& name, OptionType type,
                        const std::string& help) {
  auto& option = options_.emplace_back(Option{name, type, std::nullopt});
  command.add_option("--" + name, option.given, help);
}

void ConfigOptions::read(ConfigRef config, const std::string& command) const {
  auto value = nlohmann::json::object();
  for (const auto& option : options_)
    if (option.given) value[option.name] = value_of(option.name, option.type, *option.given);
  Problems found, named;
  read_config(value, config, found);
  for (const auto& problem : found.all()) named.add("--" + problem);
  named.raise(command);
  for (const auto& remark : found.remarks()) fmt::print(stderr, "--{}\n", remark);
}

FolderCommand::FolderCommand(CLI::App& app, const std::string& name, const std::string& summary,
                             const std::string& json_help)
    : command_(app.add_subcommand(name, summary)), given_(std::make_shared<Given>()) {
  command_->add_option("RUN_FOLDER", given_->folder, "the run's folder")->required();
  command_->add_flag("--json", given_->json, json_help);
}

}  // namespace aelab::cli
