#include "aelab/reports/differences.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "aelab/reports/run_page.h"

namespace aelab {
namespace {

using nlohmann::json;
using Settings = std::map<std::string, std::string>;

/// Lists of typed objects as one object by type: {"penalties": {"contractive": {"weight": 0.1}}}.
json by_kind(const json& value) {
  if (!value.is_array() || value.empty()) return value;
  json kinds = json::object();
  for (const auto& item : value) {
    const auto kind = View(item)["kind"].text();
    if (kind.empty() || kinds.contains(kind)) return value;
    kinds[kind] = item;
    kinds[kind].erase("kind");
    if (kinds[kind].empty()) kinds[kind] = true;
  }
  return kinds;
}

Settings flat(const json& value, const std::string& prefix) {
  Settings settings;
  for (const auto& item : flattened(View(value)))
    settings[prefix + item.at("key").get<std::string>()] = item.at("value");
  return settings;
}

/// Whether a part has a key of this name with this value, so that the variant's own key repeats it.
bool is_said(const Settings& parts, const std::string& key, const std::string& value) {
  const auto last = key.substr(key.rfind('.'));
  return std::any_of(parts.begin(), parts.end(),
                     [&](const auto& part) { return part.first.ends_with(last) && part.second == value; });
}

Settings settings_of(json config) {
  if (!config.is_object()) return {};
  for (const auto* key : {"name", "seed", "output", "$schema", "format"}) config.erase(key);
  auto model = config.value("model", json());
  config.erase("model");
  auto settings = flat(config, "");
  if (!model.is_object()) return settings;
  auto expanded = model.value("expanded", json::object());
  model.erase("expanded");
  if (expanded.is_object())
    for (auto& [key, value] : expanded.items()) value = by_kind(value);
  const auto parts = flat(expanded, "model.");
  for (const auto& [key, value] : flat(model, "model."))
    if (!is_said(parts, key, value)) settings[key] = value;
  settings.insert(parts.begin(), parts.end());
  return settings;
}

}  // namespace

json differences(const std::vector<json>& configs) {
  std::vector<Settings> all;
  std::set<std::string> keys;
  for (const auto& config : configs) {
    all.push_back(settings_of(config));
    for (const auto& [key, value] : all.back()) keys.insert(key);
  }
  json rows = json::array();
  for (const auto& key : keys) {
    json values = json::array();
    std::set<std::optional<std::string>> distinct;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto found = all[i].find(key);
      const bool there = found != all[i].end();
      values.push_back(there ? json(found->second) : json());
      if (!configs[i].is_null()) distinct.insert(there ? std::optional(found->second) : std::nullopt);
    }
    if (distinct.size() > 1) rows.push_back({{"key", key}, {"values", std::move(values)}});
  }
  return rows;
}

}  // namespace aelab
