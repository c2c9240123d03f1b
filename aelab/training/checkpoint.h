#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "aelab/training/callback.h"

namespace aelab {

// A checkpoint is a safetensors file: the model's tensors ("model.backbone..."), what it fitted beside them
// ("fitted..."), what the transforms of its data learned ("transforms.<i>..."), the optimisers'
// ("optimizer.<update>..."), the callbacks' ("callback.<key>...") and, as metadata "aelab", a JSON object
// with the format version, the progress, the epoch's running sums, the kernels in use and the callbacks'
// memory. Every tensor has a checksum.

/// Writes it whole or not at all. Failure as write_file's.
void save_checkpoint(const std::filesystem::path& path, Training& training);

/// Brings a training and its callbacks back to where the checkpoint was written. `make_optimizers` makes
/// those of the checkpoint's phase. Kernels that the training leaves to the machine become those in use then.
/// Error when the file is damaged, belongs to another model, or such a kernel cannot be had here.
void load_checkpoint(const std::filesystem::path& path, Training& training,
                     const std::function<void()>& make_optimizers);

/// How far the training had come when it was written; the beginning where there is none, or its
/// metadata cannot be read. Its tensors are not looked at.
Progress progress_of(const std::filesystem::path& path);

/// What a split's transforms had learned when the checkpoint was written. Error as above.
void load_transforms(const std::filesystem::path& path, const Split& split);

/// The model's tensors alone. Error as above.
void load_model_state(const std::filesystem::path& path, Autoencoder& model);

}  // namespace aelab
