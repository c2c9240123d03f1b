#pragma once

#include <string>
#include <vector>

#include "aelab/models/autoencoder.h"

namespace aelab {

/// Takes parameters out of what the phases train. Each name stands for a parameter of the model, such as
/// "backbone.encoder_0.weight", or for all below it, such as "backbone.encoder_0". Error when a name stands
/// for none, or when an update has nothing left to train.
void freeze(std::vector<Phase>& phases, const Autoencoder& model, const std::vector<std::string>& names);

}  // namespace aelab
