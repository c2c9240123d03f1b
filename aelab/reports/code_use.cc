#include "aelab/reports/code_use.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "aelab/reports/curves.h"

namespace aelab {
namespace {

using nlohmann::json;

constexpr std::size_t kMostDimensions = 64;

/// The value of a list at a place; null where it has none.
json at_place(const View& list, std::size_t place) {
  const auto& values = list.raw();
  return values.is_array() && place < values.size() ? View(values[place]).number_json() : json();
}

/// The dimensions in the order of their values, the largest first and missing ones last.
std::vector<std::size_t> ranked(const View& divergences) {
  std::vector<double> values;
  for (const auto& value : divergences.list()) values.push_back(value.number().value_or(-1));
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return values[a] > values[b]; });
  return order;
}

json divergences_json(const std::vector<const json*>& lines) {
  auto order = ranked(View(*lines.back())["divergences"]);
  order.resize(std::min(order.size(), kMostDimensions));
  json shown = json::array();
  for (const auto dimension : order) {
    json values = json::array();
    for (const auto* line : lines) values.push_back(at_place(View(*line)["divergences"], dimension));
    shown.push_back({{"dimension", dimension}, {"values", std::move(values)}});
  }
  return shown;
}

/// One number of every line; empty where no line has it.
json series_json(const std::vector<const json*>& lines, const std::string& key) {
  json values = json::array();
  for (const auto* line : lines) values.push_back(View(*line)[key].number_json());
  const bool any =
      std::any_of(values.begin(), values.end(), [](const auto& value) { return !value.is_null(); });
  return any ? values : json::array();
}

}  // namespace

json code_use_json(const Folder& run) {
  if (!run.has("code_use.jsonl")) return {};
  auto lines = run.read_lines("code_use.jsonl");
  std::erase_if(lines, [](const json& line) { return !View(line)["epoch"].number(); });
  if (lines.empty()) return {};
  Curves places;
  for (const auto& line : lines) {
    places.epochs.push_back(*View(line)["epoch"].number());
    places.phases.push_back(View(line)["phase"].text());
  }
  std::vector<const json*> shown;
  json epochs = json::array();
  for (const auto i : thinned(lines.size())) {
    shown.push_back(&lines[i]);
    epochs.push_back(shortened(places.epochs[i]));
  }
  return {{"epochs", std::move(epochs)},
          {"phases", phases_json(places)},
          {"dimensions", View(lines.back())["divergences"].list().size()},
          {"divergences", divergences_json(shown)},
          {"perplexity", series_json(shown, "perplexity")},
          {"used", series_json(shown, "used")},
          {"latents", View(lines.back())["latents"].number_json()},
          {"dead_after", View(lines.back())["dead_after"].number_json()},
          {"dead", series_json(shown, "dead")},
          {"silent", series_json(shown, "silent")},
          {"threshold", series_json(shown, "threshold")}};
}

}  // namespace aelab
