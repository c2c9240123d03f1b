#pragma once

#include "aelab/models/autoencoder.h"

namespace aelab {

/// The model's targets of rows (Autoencoder::target), as a set of rows: these rows themselves where the model
/// reconstructs them.
Dataset targets_of(const Autoencoder& model, const Dataset& rows);

}  // namespace aelab
