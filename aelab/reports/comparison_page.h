#pragma once

#include "aelab/reports/material.h"

namespace aelab {

/// Whether a folder holds a comparison, run or not.
bool is_comparison(const Folder& folder);

/// Why the results of a comparison's folder cannot be shown, and what to do: comparison.json is missing, or
/// of another format; "" where they can be.
std::string unreadable_results(const Folder& comparison);

/// All that a comparison's page shows. Tests, costs, claims and verdict are those of comparison.json; only
/// the range of the learning curves is computed here.
nlohmann::json comparison_page(const Folder& comparison);

}  // namespace aelab
