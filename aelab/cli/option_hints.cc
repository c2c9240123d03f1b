#include "aelab/cli/option_hints.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>

#include "aelab/cli/interface.h"
#include "aelab/cli/output.h"
#include "aelab/comparisons/config.h"
#include "aelab/core/field_places.h"
#include "aelab/core/json.h"
#include "aelab/core/text.h"

namespace aelab::cli {
namespace {

using nlohmann::json;

/// A field of a command's file and the path of the object where the fields of `places` begin.
struct Field {
  FieldPlaces places;
  std::string prefix;
};

bool found(const FieldPlaces& places) { return !places.paths.empty(); }

/// Whether an override reaches it: it is not within an entry of a list, but for the entry itself.
bool is_reached(const FieldPlaces& places) {
  return found(places) && (places.paths.front().find("[]") == std::string::npos ||
                           (places.paths.front().ends_with("[]") && !places.types.empty()));
}

/// The field of the command's file by one of its names, or by a misspelling of its own.
Field field_named(const CLI::App& command, const std::string& name, bool misspelt) {
  RunConfig run;
  const auto find = [&](ConfigRef config) {
    return misspelt ? find_misspelt_field(config, name) : find_field(config, name);
  };
  if (command.get_name() != "compare") return {find(run), ""};
  ComparisonConfig comparison;
  auto own = find(comparison);
  if (!is_reached(own)) own = find_misspelt_field(comparison, name);  // --seed: "seeds"
  return is_reached(own) ? Field{std::move(own), ""} : Field{find(run), "base"};
}

bool takes_overrides(const CLI::App& command) {
  const auto arguments = arguments_of(command);
  return std::any_of(arguments.begin(), arguments.end(),
                     [](const auto* argument) { return argument->get_name(true, false) == "OVERRIDES"; });
}

bool is_number(const std::string& text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

/// What follows the option in the command line.
std::optional<std::string> given_value(const std::string& option, const std::vector<std::string>& words) {
  if (const auto equals = option.find('='); equals != std::string::npos) return option.substr(equals + 1);
  const auto at = std::find(words.begin(), words.end(), option);
  if (at == words.end() || at + 1 == words.end()) return {};
  return (at + 1)->starts_with("-") && !is_number(*(at + 1)) ? std::nullopt : std::optional(*(at + 1));
}

std::string entry_of(const std::string& text) {
  return is_number(text) || text.starts_with('{') ? text : json(text).dump();
}

/// The value of a list: 64 and 64,32 as [64] and [64,32]; 3 as [1,2,3] where the entries are counted.
std::string override_list(const std::string& text, bool counted) {
  constexpr int kMost = 100;
  if (text.starts_with('[')) return text;
  std::vector<std::string> entries;
  int count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (counted && error == std::errc() && end == text.data() + text.size() && count > 0 && count <= kMost)
    for (int i = 1; i <= count; ++i) entries.push_back(std::to_string(i));
  else
    for (const auto& part : split(text, ',')) entries.push_back(entry_of(part));
  return "[" + join(entries, ",") + "]";
}

/// The override that sets the field, as a word of a shell.
std::string override_of(const Field& field, const std::optional<std::string>& given) {
  const auto& places = field.places;
  auto path = field.prefix;
  const auto go = [&](const std::string& key) { path += (path.empty() || key.empty() ? "" : ".") + key; };
  auto owner = places.paths.front();
  auto value = !given ? "VALUE" : places.list ? override_list(*given, places.counted) : *given;
  if (owner.ends_with("[]")) {
    owner.resize(owner.size() - 2);
    go(owner);
    const auto quoted = given ? entry_of(*given) : value;
    return in_shell(path + "=[{" + json(places.tag).dump() + ": " + json(places.types.front()).dump() + ", " +
                    json(places.field).dump() + ": " + quoted + "}]");
  }
  go(owner);
  go(places.field);
  return in_shell(path + "=" + value);
}

}  // namespace

std::string unknown_options(const CLI::App& command, const std::vector<std::string>& options,
                            const std::vector<std::string>& words) {
  std::vector<std::string> known;
  for (const auto* option : options_of(command))
    for (const auto& name : option->get_lnames()) known.push_back("--" + name);
  std::vector<std::string> unknown, overrides;
  std::string suggestion;
  for (const auto& option : options) {
    const auto given = option.substr(0, option.find('='));
    const auto letters = given.substr(std::min(given.find_first_not_of('-'), given.size()));
    unknown.push_back('"' + given + '"');
    Field field;
    if (takes_overrides(command) && !letters.empty()) {
      field = field_named(command, letters, /*misspelt=*/false);
      if (!is_reached(field.places) && misspelt(given, known).empty())
        field = field_named(command, letters, /*misspelt=*/true);
    }
    const bool is_option = found(field.places) &&
                           std::find(known.begin(), known.end(), "--" + field.places.field) != known.end();
    if (is_option)
      suggestion = " Did you mean \"--" + field.places.field + "\"?";
    else if (is_reached(field.places))
      overrides.push_back(override_of(field, given_value(option, words)));
    else if (suggestion.empty())
      suggestion = did_you_mean(given, known);
  }
  auto text = (unknown.size() == 1 ? "unknown option " : "unknown options ") + join(unknown, ", ");
  if (!overrides.empty()) text += ": write " + join(overrides, " ");
  return text + "." + suggestion;
}

}  // namespace aelab::cli
