#pragma once

#include "aelab/data/dataset.h"
#include "aelab/models/autoencoder.h"

namespace aelab {

/// The codes of all rows, [rows, ...code], on the model's device; a conditional model takes the rows' labels.
/// Computed in inference mode. Stopped when StopSignals receives a signal.
Tensor codes_of_rows(const Autoencoder& model, const Dataset& rows);

}  // namespace aelab
