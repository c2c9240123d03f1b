#pragma once

#include <map>
#include <optional>

#include "aelab/reports/material.h"

namespace aelab {

/// What metrics.jsonl says, epoch by epoch.
struct Curves {
  std::vector<double> epochs, steps;
  std::vector<std::string> phases;  ///< the phase of each epoch
  /// By metric; nothing where an epoch lacks it, or it is not finite.
  std::map<std::string, std::vector<std::optional<double>>> metrics;
};

Curves read_curves(const Folder& run);

/// {"epochs", "steps", "phases": [{"name", "epoch"}], "metrics": [{"name", "values"}]}. Of a long training
/// every so-many-th epoch, and the last.
nlohmann::json curves_json(const Curves& curves);

/// The same metric of several runs: [{"name", "variants": [{"variant", "epochs", "steps", "mean", "low",
/// "high", "runs"}]}], one list of runs a variant. low and high are the least and the most of the runs.
nlohmann::json bands_json(const std::vector<std::vector<Curves>>& variants);

/// Where phases begin: [{"name", "epoch"}], the epoch before a phase's first.
nlohmann::json phases_json(const Curves& curves);

}  // namespace aelab
