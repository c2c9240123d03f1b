#include "aelab/reports/curves.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace aelab {
namespace {

using nlohmann::json;

constexpr std::size_t kMostPoints = 200;

json optional_number(const std::optional<double>& value) { return value ? shortened(*value) : json(); }

bool is_metric(const std::string& key) { return key != "epoch" && key != "step" && key != "phase"; }

/// One metric at one epoch, over runs.
struct Moment {
  double step = 0, sum = 0, low = 0, high = 0;
  int runs = 0;

  void add(double value, double at_step) {
    low = runs == 0 ? value : std::min(low, value);
    high = runs == 0 ? value : std::max(high, value);
    sum += value;
    step = at_step;
    ++runs;
  }
};

std::map<double, Moment> moments_of(const std::vector<Curves>& runs, const std::string& metric) {
  std::map<double, Moment> moments;
  for (const auto& run : runs) {
    const auto found = run.metrics.find(metric);
    if (found == run.metrics.end()) continue;
    for (std::size_t i = 0; i < found->second.size(); ++i)
      if (const auto& value = found->second[i]) moments[run.epochs[i]].add(*value, run.steps[i]);
  }
  return moments;
}

json band_json(const std::map<double, Moment>& moments) {
  const std::vector<std::pair<double, Moment>> points(moments.begin(), moments.end());
  json band;
  for (const auto* key : {"epochs", "steps", "mean", "low", "high", "runs"}) band[key] = json::array();
  for (const auto i : thinned(points.size())) {
    const auto& [epoch, moment] = points[i];
    band["epochs"].push_back(shortened(epoch));
    band["steps"].push_back(shortened(moment.step));
    band["mean"].push_back(shortened(moment.sum / moment.runs));
    band["low"].push_back(shortened(moment.low));
    band["high"].push_back(shortened(moment.high));
    band["runs"].push_back(moment.runs);
  }
  return band;
}

}  // namespace

std::vector<std::size_t> thinned(std::size_t count) {
  const auto every = std::max<std::size_t>(1, (count + kMostPoints - 1) / kMostPoints);
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < count; ++i)
    if ((count - 1 - i) % every == 0) places.push_back(i);
  return places;
}

Curves read_curves(const Folder& run) {
  Curves curves;
  for (const auto& line : run.read_lines("metrics.jsonl")) {
    const View view(line);
    const auto epoch = view["epoch"].number();
    if (!epoch) continue;
    const auto place = curves.epochs.size();
    curves.epochs.push_back(*epoch);
    curves.steps.push_back(view["step"].number().value_or(0));
    curves.phases.push_back(view["phase"].text());
    for (const auto& [key, value] : view.members()) {
      if (!is_metric(key)) continue;
      auto& values = curves.metrics[key];
      values.resize(place);
      values.push_back(value.number());
    }
  }
  for (auto& [name, values] : curves.metrics) values.resize(curves.epochs.size());
  return curves;
}

json phases_json(const Curves& curves) {
  json phases = json::array();
  for (std::size_t i = 0; i < curves.phases.size(); ++i)
    if (i == 0 || curves.phases[i] != curves.phases[i - 1])
      phases.push_back({{"name", curves.phases[i]}, {"epoch", shortened(i == 0 ? 0 : curves.epochs[i - 1])}});
  return phases;
}

json curves_json(const Curves& curves) {
  const auto places = thinned(curves.epochs.size());
  json value = {{"epochs", json::array()},
                {"steps", json::array()},
                {"phases", phases_json(curves)},
                {"metrics", json::array()}};
  for (const auto i : places) {
    value["epochs"].push_back(shortened(curves.epochs[i]));
    value["steps"].push_back(shortened(curves.steps[i]));
  }
  for (const auto& [name, values] : curves.metrics) {
    json shown = json::array();
    for (const auto i : places) shown.push_back(optional_number(values[i]));
    value["metrics"].push_back({{"name", name}, {"values", std::move(shown)}});
  }
  return value;
}

json bands_json(const std::vector<std::vector<Curves>>& variants) {
  std::set<std::string> names;
  for (const auto& runs : variants)
    for (const auto& run : runs)
      for (const auto& [name, values] : run.metrics) names.insert(name);
  json metrics = json::array();
  for (const auto& name : names) {
    json bands = json::array();
    for (std::size_t i = 0; i < variants.size(); ++i) {
      const auto moments = moments_of(variants[i], name);
      if (moments.empty()) continue;
      bands.push_back(band_json(moments));
      bands.back()["variant"] = i;
    }
    if (!bands.empty()) metrics.push_back({{"name", name}, {"variants", std::move(bands)}});
  }
  return metrics;
}

}  // namespace aelab
