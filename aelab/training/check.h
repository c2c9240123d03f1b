#pragma once

#include "aelab/core/problems.h"
#include "aelab/training/trainer.h"

namespace aelab {

/// Adds everything that can be found wrong with a training before anything is written (Trainer::check).
void check_training(const TrainerConfig& config, const std::vector<CallbackConfig>& callbacks,
                    Autoencoder& model, const Split& data, bool with_folder, Problems& problems);

/// The same without a model: what can be found wrong with the callbacks, such as a monitor of a metric that
/// no registered variant has. `data` without rows are ignored.
void check_callbacks(const std::vector<CallbackConfig>& callbacks, const Split& data, bool with_folder,
                     Problems& problems);

/// Error where values of a part of the data are not finite, or none that the model's likelihood is for.
void check_values(const std::string& part, const Dataset& data, const Autoencoder& model);

}  // namespace aelab
