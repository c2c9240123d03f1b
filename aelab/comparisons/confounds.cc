#include "aelab/comparisons/confounds.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "aelab/comparisons/words.h"
#include "aelab/core/text.h"

namespace aelab {
namespace {

using nlohmann::json;
constexpr const char* kNoPart = "none";  // the kind of a part that is left out

using Values = std::map<std::string, std::string>;  // by path, "backbone.hidden"

/// A list of kinds by their names, so that the same kind of two variants has one path.
json lists_by_kind(const json& list) {
  json kinds = json::object();
  for (const auto& item : list) {
    if (!item.is_object() || !item.contains("kind") || !item["kind"].is_string()) return list;
    kinds[item["kind"].get<std::string>()] = item;
  }
  return list.empty() ? list : kinds;
}

void flatten(const json& value, const std::string& path, Values& values) {
  if (value.is_array() && lists_by_kind(value).is_object())
    return flatten(lists_by_kind(value), path, values);
  if (!value.is_object()) {
    values[path] = value.is_string() ? value.get<std::string>() : value.dump();
    return;
  }
  for (const auto& [key, item] : value.items()) flatten(item, path.empty() ? key : path + "." + key, values);
}

Values flattened(const AnyJson& text, const std::string& key = {}) {
  Values values;
  if (text.text.empty()) return values;
  const auto whole = json::parse(text.text);
  flatten(key.empty() ? whole : whole.value(key, json::object()), "", values);
  return values;
}

/// Whether the file writes this setting: by its own path, as a whole part, or as the variant's own field of
/// the same name ("hidden" for "backbone.hidden").
bool is_written(const Values& written, const std::string& path) {
  return std::any_of(written.begin(), written.end(), [&](const auto& entry) {
    const auto& own = entry.first;
    return own == path || path.starts_with(own + ".") || path.ends_with("." + own);
  });
}

/// Values and the variants that have them, in the order in which they come first.
using Groups = std::vector<std::pair<std::string, std::vector<std::string>>>;

void add(Groups& groups, const std::string& value, const std::string& name) {
  const auto found =
      std::find_if(groups.begin(), groups.end(), [&](const auto& group) { return group.first == value; });
  if (found == groups.end())
    groups.push_back({value, {name}});
  else
    found->second.push_back(name);
}

/// "bottleneck.activation differs by default: sigmoid (denoising and contractive), linear (dense)."
std::string sentence(const std::string& what, const Groups& groups) {
  std::vector<std::string> parts;
  for (const auto& [value, names] : groups) parts.push_back(value + " (" + listed(names) + ")");
  return what + ": " + join(parts, ", ") + ".";
}

void add_settings(const std::vector<VariantSettings>& variants, std::vector<std::string>& sentences) {
  std::map<std::string, Groups> settings;
  for (const auto& variant : variants) {
    const auto written = flattened(variant.written, "model");
    for (const auto& [path, value] : flattened(variant.expanded))
      if (value != kNoPart && !is_written(written, path)) add(settings[path], value, variant.name);
  }
  for (const auto& [path, groups] : settings)
    if (groups.size() > 1) sentences.push_back(sentence(path + " differs by default", groups));
}

/// A count, where the variants' largest is more than 1 % above the least.
void add_counts(const std::vector<VariantSettings>& variants, const std::string& what,
                std::optional<std::int64_t> VariantSettings::*count, std::vector<std::string>& sentences) {
  constexpr double kAlike = 1.01;
  constexpr std::size_t kMostGroups = 6;
  Groups groups;
  std::vector<std::pair<std::int64_t, std::string>> counts;
  for (const auto& variant : variants) {
    if (!(variant.*count)) continue;
    add(groups, std::to_string(*(variant.*count)), variant.name);
    counts.emplace_back(*(variant.*count), variant.name);
  }
  if (counts.empty()) return;
  const auto [least, most] = std::minmax_element(
      counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  if (static_cast<double>(most->first) <= kAlike * static_cast<double>(least->first)) return;
  if (groups.size() > kMostGroups)
    groups = {{"from " + std::to_string(least->first), {least->second}},
              {"to " + std::to_string(most->first), {most->second}}};
  sentences.push_back(sentence(what, groups));
}

/// What the file writes for a variant; "" if nothing.
std::string written_value(const VariantSettings& variant, const char* part, const char* key) {
  const auto written = flattened(variant.written, part);
  const auto found = written.find(key);
  return found == written.end() ? std::string() : found->second;
}

bool writes_all_codes(const std::vector<VariantSettings>& variants) {
  return std::none_of(variants.begin(), variants.end(),
                      [](const auto& variant) { return written_value(variant, "model", "code").empty(); });
}

/// Whether the file writes other epochs for one variant than for another.
bool writes_other_epochs(const std::vector<VariantSettings>& variants) {
  const auto epochs = [](const auto& variant) { return written_value(variant, "training", "epochs"); };
  return std::any_of(variants.begin(), variants.end(),
                     [&](const auto& variant) { return epochs(variant) != epochs(variants.front()); });
}

}  // namespace

std::vector<std::string> confounds(const std::vector<VariantSettings>& variants) {
  std::vector<std::string> sentences;
  if (!writes_all_codes(variants))
    add_counts(variants, "The number of code dimensions differs", &VariantSettings::code, sentences);
  add_settings(variants, sentences);
  add_counts(variants, "The number of parameters differs", &VariantSettings::parameters, sentences);
  if (!writes_other_epochs(variants))
    add_counts(variants, "The number of training epochs differs", &VariantSettings::epochs, sentences);
  return sentences;
}

}  // namespace aelab
