#pragma once

#include "aelab/reports/material.h"

namespace aelab {

/// How the codes of a run's validation split were used over the epochs, by code_use.jsonl:
///
///     epochs, phases    as curves_json() has them, of the epochs with a line
///     divergences       [{"dimension", "values"}]: the KL divergence of a code dimension at each epoch, of
///                       the 64 dimensions at most whose last value is largest, these first; empty where
///                       none are recorded
///     dimensions        how many dimensions the code has
///     perplexity, used  of the codebook, at each epoch; empty where none are recorded
///     dead, silent, threshold   of a sparse dictionary, at each epoch; empty where none are recorded
///     latents, dead_after       of the last line; null where none are recorded
///
/// At most 200 epochs, the last one included. null where the run has no such file.
nlohmann::json code_use_json(const Folder& run);

}  // namespace aelab
