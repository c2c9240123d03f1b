#pragma once

#include "aelab/reports/material.h"

namespace aelab {

/// What a run's page shows of a sparse dictionary, by summary/dictionary.json and latents.png
/// (runs/dictionary_summary.h), whose keys it has, but for
///
///     densities, cosines, truth   null where they are missing or no histograms
///     definitions                 [{"key", "value"}]
///     classes                     class names in the order of labels; empty when classes have no names
///     pictures                    the sheet: {"png", "width", "height", "columns", "cell": {"width",
///                                 "height", "gap"}}; null without
///
/// null where the run has no such file.
nlohmann::json dictionary_json(const Folder& run);

/// Class names in the order of the labels; empty when classes have no names.
nlohmann::json class_names_json(const Folder& run);

}  // namespace aelab
