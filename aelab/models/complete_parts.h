#pragma once

#include "aelab/models/autoencoder.h"

namespace aelab {

/// The parts with those that are left out: what suits the context's values, and of an encoded table the kinds
/// of its features.
AutoencoderConfig complete(AutoencoderConfig config, const Context& context);

/// The mean over all values; with `may_lack_cells` over those that are not NaN in the target.
Tensor mean_squared_error(const Tensor& reconstruction, const Tensor& target, bool may_lack_cells);

}  // namespace aelab
