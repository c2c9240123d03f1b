#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "aelab/core/safetensors.h"
#include "aelab/nn/kernels.h"
#include "aelab/training/callback.h"
#include "aelab/training/checkpoint_record.h"

namespace aelab {

// A checkpoint is a safetensors file: the tensors of the model ("model.backbone..."), its fitted state
// ("fitted..."), and those of the fitted transforms of its data ("transforms.<i>..."), of the optimizers
// ("optimizer.<update>...") and of the callbacks ("callback.<key>..."); and as metadata "aelab" a JSON object
// with the format version, the progress, the running sums of the epoch of each update, the kernels in use,
// the state of the callbacks, and where a run wrote it the run's config and what the rows of its data are.
// Every tensor has a checksum. The model of a run's checkpoint can be used without any other file
// (runs/trained_model.h).

/// The key of the metadata.
inline constexpr const char* kCheckpointMetadata = "aelab";

/// Writes a checkpoint completely or not at all. Throws the Failure of write_file().
void save_checkpoint(const std::filesystem::path& path, Training& training);

/// Restores a training and its callbacks to their state when the checkpoint was written. `make_optimizers`
/// makes the optimizers of the checkpoint's phase, and averages for its updates. Throws an Error if the file
/// is corrupted, or belongs to another model.
void load_checkpoint(const std::filesystem::path& path, Training& training,
                     const std::function<void()>& make_optimizers);

/// `wanted`, with the kernels of the checkpoint in place of "auto", so that the run ends in the same bits;
/// its tensors are not read. `wanted` itself if its metadata cannot be read, which load_checkpoint() reports.
/// Throws an Error if such a kernel is not available.
Kernels recorded_kernels(const std::filesystem::path& path, const Kernels& wanted);

/// The progress of the training when the checkpoint was written. The beginning if there is no such file or
/// its metadata cannot be read; its tensors are not read.
Progress progress_of(const std::filesystem::path& path);

/// The CRC-32 of the record of the data that the checkpoint was trained on, "" if it does not say; its
/// tensors are not read. Throws an Error if its metadata cannot be read.
std::string data_of_checkpoint(const std::filesystem::path& path);

/// Reads a checkpoint that this run wrote. Throws an Error if the file is corrupted,
/// is not a checkpoint, or was written by another run. Whoever reads a run's checkpoint reads it by this.
SafetensorsFile read_checkpoint(const std::filesystem::path& path, const RunIdentity& run);

/// The record in the metadata of a checkpoint, or of a model that was made of one (tools/export.h). Throws an
/// Error if the file is neither.
CheckpointRecord record_in(const SafetensorsFile& file, const std::filesystem::path& path);

/// The record of the checkpoint or model at `path`, whose tensors, which may be many, are not read; an empty
/// record if its metadata has none.
CheckpointRecord read_record(const std::filesystem::path& path);

/// Restores the state of fitted transforms from the checkpoint `file`, which was read from `path`. Throws an
/// Error if it belongs to other transforms.
void load_transforms(const SafetensorsFile& file, const std::filesystem::path& path,
                     const Transforms& transforms);

/// Restores the model's tensors and its fitted state, and nothing else. Throws an Error if the checkpoint
/// belongs to another model.
void load_model_state(const SafetensorsFile& file, const std::filesystem::path& path, Autoencoder& model);
/// Restores them from the checkpoint at `path`. Throws the Errors of read_checkpoint(), too.
void load_model_state(const std::filesystem::path& path, Autoencoder& model, const RunIdentity& run = {});

}  // namespace aelab
