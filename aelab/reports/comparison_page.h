#pragma once

#include "aelab/reports/material.h"

namespace aelab {

/// Whether a folder holds a comparison, run or not.
bool is_comparison(const Folder& folder);

/// All that a comparison's page shows. Tests, claims and verdict are those of comparison.json; only the range
/// of the learning curves and the mean costs are computed here.
nlohmann::json comparison_page(const Folder& comparison);

}  // namespace aelab
