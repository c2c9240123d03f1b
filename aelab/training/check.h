#pragma once

#include "aelab/training/trainer.h"

namespace aelab {

/// Everything that can be found wrong with a training before anything is written; see Trainer::check. Error.
void check_training(const TrainerConfig& config, const std::vector<CallbackConfig>& callbacks,
                    Autoencoder& model, const Split& data, bool with_folder);

}  // namespace aelab
