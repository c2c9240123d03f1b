#include "aelab/comparisons/width.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "aelab/core/error.h"
#include "aelab/core/text.h"

namespace aelab {
namespace {

using nlohmann::json;
using Place = json::json_pointer;

/// The integers at a value or directly in it, as places.
void add_numbers(const json& value, const Place& place, std::vector<Place>& found) {
  if (value.is_number_integer()) found.push_back(place);
  if (!value.is_array()) return;
  for (std::size_t i = 0; i < value.size(); ++i)
    if (value[i].is_number_integer()) found.push_back(place / i);
}

/// Takes the next key off a path, without dots and brackets; "*" stands for all entries of a list.
std::string take_key(std::string_view& path) {
  if (path.starts_with('[') || path.starts_with('.')) path.remove_prefix(1);
  const auto end = std::min(path.find_first_of(".[]"), path.size());
  std::string key(path.substr(0, end));
  path.remove_prefix(end);
  if (path.starts_with(']')) path.remove_prefix(1);
  return key;
}

/// Follows "model.encoder[*].conv" to the integers at its end; entries without the rest of the path are
/// skipped.
void follow(const json& value, std::string_view path, const Place& place, std::vector<Place>& found) {
  if (path.empty()) return add_numbers(value, place, found);
  const auto key = take_key(path);
  if (value.is_object() && value.contains(key)) follow(value[key], path, place / key, found);
  if (!value.is_array()) return;
  for (std::size_t i = 0; i < value.size(); ++i)
    if (key == "*" || key == std::to_string(i)) follow(value[i], path, place / i, found);
}

std::vector<Place> places_of(const json& run, const std::vector<std::string>& paths) {
  std::vector<Place> places;
  for (const auto& path : paths) {
    const auto before = places.size();
    follow(run, path, Place(), places);
    if (places.size() == before)
      throw Error("width: \"" + path + "\" does not lead to an integer of the run");
  }
  return places;
}

json scaled(json run, const std::vector<Place>& places, double factor) {
  for (const auto& place : places)
    run[place] = std::max<std::int64_t>(1, std::llround(run[place].get<double>() * factor));
  return run;
}

/// "model.hidden=61,30" for each path.
std::vector<std::string> settings_at(const json& run, const std::vector<std::string>& paths) {
  std::vector<std::string> settings;
  for (const auto& path : paths) {
    std::vector<std::string> values;
    for (const auto& place : places_of(run, {path})) values.push_back(run[place].dump());
    settings.push_back(path + "=" + join(values, ","));
  }
  return settings;
}

}  // namespace

constexpr double kMostScaled = 4096;  // times the given width

std::vector<std::string> solve_width(json& run, const std::vector<std::string>& paths, std::int64_t wanted,
                                     double tolerance,
                                     const std::function<std::int64_t(const json&)>& count) {
  const auto places = places_of(run, paths);
  const auto before = count(run);
  for (const auto& path : paths)
    if (!path.starts_with("model.") || count(scaled(run, places_of(run, {path}), 2)) == before)
      throw Error("width: \"" + path + "\" does not change how many parameters the model has");
  const auto count_at = [&](double factor) { return count(scaled(run, places, factor)); };
  double low = 0, high = 1;
  while (count_at(high) < wanted && high < kMostScaled) {
    low = high;
    high *= 2;
  }
  constexpr int kHalvings = 30;  // beyond any rounding of widths
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    (count_at(middle) < wanted ? low : high) = middle;
  }
  const auto below = count_at(low), above = count_at(high);
  const bool take_below = wanted - below <= above - wanted;
  const auto nearest = take_below ? below : above;
  if (std::abs(static_cast<double>(nearest - wanted)) > tolerance * static_cast<double>(wanted))
    throw Error("budget.parameters: " + std::to_string(wanted) + " cannot be met by scaling " +
                join(paths, ", ") + "; the nearest possible are " + std::to_string(below) + " and " +
                std::to_string(above));
  run = scaled(run, places, take_below ? low : high);
  return settings_at(run, paths);
}

}  // namespace aelab
