#include "aelab/runs/overrides.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "aelab/core/error.h"
#include "aelab/core/json.h"
#include "aelab/core/problems.h"

namespace aelab {
namespace {

using nlohmann::json;

std::vector<std::string> keys_of(const std::string& path, const std::string& where) {
  std::vector<std::string> keys(1);
  for (const char c : path) {
    if (c == '.' || c == '[')
      keys.emplace_back();
    else if (c != ']')
      keys.back() += c;
  }
  if (std::any_of(keys.begin(), keys.end(), [](const auto& key) { return key.empty(); }))
    throw Error(where + ": has an empty key");
  return keys;
}

std::string tag_of(const std::string& key) {
  if (key == "data") return "source";
  return key == "model" ? "variant" : "kind";
}

bool is_number(const std::string& key) {
  return key.size() < 7 && std::all_of(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
}

json& entry(json& list, const std::string& key, const std::string& where) {
  const auto index = is_number(key) ? std::stoul(key) : list.size() + 1;
  if (index > list.size())
    throw Error(where + ": \"" + key + "\" is no entry of a list of " + std::to_string(list.size()));
  if (index == list.size()) list.push_back(nullptr);
  return list[index];
}

json& child(json& parent, const std::string& parent_key, const std::string& key, const std::string& where) {
  if (parent.is_null()) parent = is_number(key) ? json::array() : json::object();
  if (parent.is_array()) return entry(parent, key, where);
  if (parent.is_string()) parent = {{tag_of(parent_key), parent}};
  if (!parent.is_object())
    throw Error(where + ": \"" + parent_key + "\" is " + describe_json(parent) + ", which has no keys");
  return parent[key];
}

json value_of(const std::string& text, const std::string& override) {
  const bool looks_like_json =
      !text.empty() && std::string_view("{[\"-0123456789").find(text.front()) != std::string_view::npos;
  if (looks_like_json || text == "true" || text == "false" || text == "null") {
    try {
      return parse_json(text, "override \"" + override + "\"");
    } catch (const Error&) {
      if (std::string_view("{[\"").find(text.front()) != std::string_view::npos) throw;
    }
  }
  return text;
}

void apply(json& config, const std::string& override) {
  const auto where = "override \"" + override + "\"";
  const auto equals = override.find('=');
  if (equals == std::string::npos || equals == 0) throw Error(where + ": must be path.to.key=value");
  set_value(config, override.substr(0, equals), value_of(override.substr(equals + 1), override), where);
}

}  // namespace

void set_value(json& config, const std::string& path, json value, const std::string& where) {
  json* at = &config;
  std::string parent;
  for (const auto& key : keys_of(path, where)) {
    at = &child(*at, parent, key, where);
    parent = key;
  }
  *at = std::move(value);
}

void apply_overrides(json& config, const std::vector<std::string>& overrides) {
  Problems problems;
  for (const auto& override : overrides) problems.attempt([&] { apply(config, override); });
  problems.raise();
}

}  // namespace aelab
