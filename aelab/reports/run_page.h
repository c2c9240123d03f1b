#pragma once

#include "aelab/reports/material.h"

namespace aelab {

/// Whether a folder holds a run's record, however incomplete.
bool is_run(const Folder& folder);

/// All that a run's page shows.
nlohmann::json run_page(const Folder& run);

/// What the run's summary/ says of codes and Jacobian, and its pictures: {"codes", "jacobian", "pictures"}.
/// Of a run without one, empty.
nlohmann::json views_json(const Folder& run, const nlohmann::json& summary);

/// Nested objects as a list of {"key": "kernels.mkl", "value": text}; lists are values.
nlohmann::json flattened(const View& value);

}  // namespace aelab
