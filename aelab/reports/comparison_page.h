#pragma once

#include "aelab/reports/material.h"

namespace aelab {

/// Whether a folder holds a comparison, run or not.
bool is_comparison(const Folder& folder);

/// All that a comparison's page shows. Tests and verdict are those of comparison.json: nothing is computed
/// anew but the range of the learning curves.
nlohmann::json comparison_page(const Folder& comparison);

}  // namespace aelab
