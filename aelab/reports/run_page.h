#pragma once

#include "aelab/reports/material.h"

namespace aelab {

/// Whether a folder contains the files of a run, even if incomplete.
bool is_run(const Folder& folder);

/// The content of a run's page.
nlohmann::json run_page(const Folder& run);

/// Latent codes and their use, Jacobian and pictures of the run's summary/: {"codes", "latent", "codebook",
/// "jacobian", "pictures"}; empty without a summary.
nlohmann::json views_json(const Folder& run, const nlohmann::json& summary);

/// Nested objects as a list of {"key": "kernels.mkl", "value": text}; lists are values.
nlohmann::json flattened(const View& value);

}  // namespace aelab
