#include "aelab/core/meant_values.h"

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "aelab/core/text.h"

namespace aelab {
namespace {

using nlohmann::json;

const json& only_entry(const json& value) {
  return value.is_array() && value.size() == 1 ? value.front() : value;
}

/// The number or truth value that a string spells, or the value itself.
json spelt_out(const json& value) {
  if (!value.is_string()) return value;
  const auto spelt = json::parse(value.get_ref<const std::string&>(), nullptr, /*allow_exceptions=*/false);
  return spelt.is_number() || spelt.is_boolean() ? spelt : value;
}

}  // namespace

json truth_meant(const json& given) {
  const auto value = spelt_out(only_entry(given));
  if (value.is_boolean()) return value;
  if (value == 1 || value == 0) return json(value == 1);
  const auto word = value.is_string() ? simplified(value.get_ref<const std::string&>()) : std::string();
  if (word == "true" || word == "yes" || word == "on") return json(true);
  return word == "false" || word == "no" || word == "off" ? json(false) : json();
}

json number_meant(const json& given) {
  const auto& entry = only_entry(given);
  if (entry.is_string() && entry.get_ref<const std::string&>().ends_with('%')) {
    const auto& text = entry.get_ref<const std::string&>();
    const auto share = spelt_out(json(text.substr(0, text.size() - 1)));
    return share.is_number() ? json(share.get<double>() / 100) : json();
  }
  auto value = spelt_out(entry);
  return value.is_number() ? value : json();
}

json whole_number_meant(const json& given) {
  auto value = number_meant(given);
  if (!value.is_number_float()) return value;
  constexpr double kExact = 9007199254740992;  // 2^53
  const auto number = value.get<double>();
  const bool whole = std::abs(number) <= kExact && number == std::floor(number);
  return whole ? json(static_cast<std::int64_t>(number)) : json();
}

json string_meant(const json& given) {
  const auto& value = only_entry(given);
  if (value.is_string()) return value;
  return value.is_number() || value.is_boolean() ? json(value.dump()) : json();
}

json name_meant(const json& given, const std::vector<std::string>& known) {
  const auto& value = only_entry(given);
  if (!value.is_string()) return {};
  const auto name = nearest(value.get_ref<const std::string&>(), known);
  return name.empty() ? json() : json(name);
}

json list_meant(const json& value) {
  if (value.is_null()) return json::array();
  if (!value.is_string()) return json::array({value});
  auto entries = json::array();
  for (const auto& part : split(value.get_ref<const std::string&>(), ',')) {
    auto entry = spelt_out(json(part));
    entries.push_back(entry.is_number() ? std::move(entry) : json(part));
  }
  return entries;
}

}  // namespace aelab
