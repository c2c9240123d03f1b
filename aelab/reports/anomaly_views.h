#pragma once

#include "aelab/reports/material.h"

namespace aelab {

/// What a run's page shows of anomaly scores, by summary/anomaly.json and anomalies-*.png
/// (runs/anomaly_summary.h), whose keys it has, but for
///
///     distribution, roc, precision_recall, delong   null where they are missing or incomplete
///     pictures    the sheet: {"png", "width", "height", "columns", "cell": {"width", "height", "gap"}}; null
///                 without
///
/// null where the run has no such file.
nlohmann::json anomalies_json(const Folder& run);

}  // namespace aelab
