#pragma once

#include <map>
#include <optional>

#include "aelab/reports/material.h"

namespace aelab {

/// The content of metrics.jsonl by epoch.
struct Curves {
  std::vector<double> epochs, steps;
  std::vector<std::string> phases;  ///< the phase of each epoch
  /// By metric; nothing for epochs without the metric, or where it is not finite.
  std::map<std::string, std::vector<std::optional<double>>> metrics;
};

Curves read_curves(const Folder& run);

/// Indices of at most 200 of `count` points, evenly spread, the last one included.
std::vector<std::size_t> thinned(std::size_t count);

/// {"epochs", "steps", "phases": [{"name", "epoch"}], "metrics": [{"name", "values"}]}. Long trainings are
/// thinned to at most 200 epochs, the last one included.
nlohmann::json curves_json(const Curves& curves);

/// One metric of several runs: [{"name", "variants": [{"variant", "epochs", "steps", "mean", "low",
/// "high", "runs"}]}], one list of runs per variant. low and high are the range of the runs.
nlohmann::json bands_json(const std::vector<std::vector<Curves>>& variants);

/// Where phases begin: [{"name", "epoch"}], the epoch before the first one of the phase.
nlohmann::json phases_json(const Curves& curves);

}  // namespace aelab
