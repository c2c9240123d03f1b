#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "aelab/core/safetensors.h"
#include "aelab/training/callback.h"

namespace aelab {

// A checkpoint is a safetensors file: the tensors of the model ("model.backbone..."), its fitted state
// ("fitted..."), and those of the fitted transforms of its data ("transforms.<i>..."), of the optimizers
// ("optimizer.<update>...") and of the callbacks ("callback.<key>..."); and as metadata "aelab" a JSON object
// with the format version, the progress, the running sums of the epoch, the kernels in use and the state of
// the callbacks. Every tensor has a checksum.

/// Writes a checkpoint completely or not at all. Throws the Failure of write_file().
void save_checkpoint(const std::filesystem::path& path, Training& training);

/// Restores a training and its callbacks to their state when the checkpoint was written. `make_optimizers`
/// makes the optimizers of the checkpoint's phase. Kernels that the training leaves open become those of the
/// checkpoint. Throws an Error if the file is corrupted, belongs to another model, or such a kernel is not
/// available.
void load_checkpoint(const std::filesystem::path& path, Training& training,
                     const std::function<void()>& make_optimizers);

/// The progress of the training when the checkpoint was written. The beginning if there is no such file or
/// its metadata cannot be read; its tensors are not read.
Progress progress_of(const std::filesystem::path& path);

/// The CRC-32 of the record of the data that the checkpoint was trained on, "" if it does not say; its
/// tensors are not read. Throws an Error if its metadata cannot be read.
std::string data_of_checkpoint(const std::filesystem::path& path);

/// Reads a checkpoint that this run wrote. Throws an Error if the file is corrupted,
/// is not a checkpoint, or was written by another run. Whoever reads a run's checkpoint reads it by this.
SafetensorsFile read_checkpoint(const std::filesystem::path& path, const RunIdentity& run);

/// Restores the fitted transforms of a split from the checkpoint `file`, which was read from `path`. Throws
/// an Error if it belongs to other transforms.
void load_transforms(const SafetensorsFile& file, const std::filesystem::path& path, const Split& split);

/// Restores the model's tensors and its fitted state, and nothing else. Throws an Error if the checkpoint
/// belongs to another model.
void load_model_state(const SafetensorsFile& file, const std::filesystem::path& path, Autoencoder& model);
/// The same for the checkpoint at `path`. Throws the Errors of read_checkpoint(), too.
void load_model_state(const std::filesystem::path& path, Autoencoder& model, const RunIdentity& run = {});

}  // namespace aelab
