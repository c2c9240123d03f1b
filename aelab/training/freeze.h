#pragma once

#include <string>
#include <vector>

#include "aelab/models/autoencoder.h"

namespace aelab {

/// Removes parameters from the updates of the phases. Each name is that of a parameter of the model, such as
/// "backbone.encoder_0.weight", or of all parameters below it, such as "backbone.encoder_0". Throws an Error
/// if a name matches no parameter, or an update has nothing left to train.
void freeze(std::vector<Phase>& phases, const Autoencoder& model, const std::vector<std::string>& names);

}  // namespace aelab
