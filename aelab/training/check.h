#pragma once

#include "aelab/core/problems.h"
#include "aelab/training/trainer.h"

namespace aelab {

/// Adds everything that can be found wrong with a training before anything is written (Trainer::check).
/// Returns the split with the values of its parts checked (checked_values).
Split check_training(const TrainerConfig& config, const std::vector<CallbackConfig>& callbacks,
                     Autoencoder& model, const Split& data, bool with_folder, Problems& problems);

/// Adds what can be found wrong without a model: with the callbacks, such as a monitor of a metric that
/// no registered variant has. `data` without rows are ignored.
void check_callbacks(const std::vector<CallbackConfig>& callbacks, const Split& data, bool with_folder,
                     Problems& problems);

/// A split whose values are finite and within the support of the model's likelihood. Rows in memory are
/// checked now: throws an Error that says which value is not. The values of other rows are checked whenever
/// they are read, which then throws a Failure that names the row.
Dataset checked_values(const std::string& part, const Dataset& data, const Autoencoder& model);

}  // namespace aelab
