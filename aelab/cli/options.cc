#include "aelab/cli/options.h"

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

nlohmann::json split_list(const std::string& text) {
  auto list = nlohmann::json::array();
  for (const auto& name : CLI::detail::split(text, ',')) list.push_back(name);
  return list;
}

nlohmann::json value_of(const std::string& name, OptionType type, const std::string& text) {
  switch (type) {
    case OptionType::number:
      return number_or_text(text);
    case OptionType::list:
      return split_list(text);
    case OptionType::data:
      return text.starts_with('{') ? parse_json(text, "--" + name) : nlohmann::json(text);
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
}

}  // namespace aelab::cli
