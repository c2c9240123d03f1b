#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "aelab/comparisons/comparison.h"

namespace aelab {

// Whether a comparison's folder contains this comparison. All of it is read from the folder: data are not
// opened.

/// The config.json of a comparison. Error, with a remedy, when it is damaged.
nlohmann::json recorded_comparison(const std::filesystem::path& path);

/// Error unless base, budget and threads are those that the comparison's folder records.
void require_same_settings(const Comparison& comparison);

/// Throws the Errors of require_same_settings(), and one that lists every run in the folder that has another
/// config than the planned one in its place (such as another seed), or that was trained on other data than
/// the first run that is over. Runs whose config cannot be read are passed over.
void require_same_comparison(const Comparison& comparison);

/// Error where runs in the folder were begun with other data than those that `record` describes
/// (data/data_record.h).
void require_data_of_runs(const Comparison& comparison, const nlohmann::json& record);

/// Why the config of an existing run cannot be read; "" if it can.
std::string damage_of_config(const std::filesystem::path& run);

}  // namespace aelab
