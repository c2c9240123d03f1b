#pragma once

#include <filesystem>

#include "aelab/runs/made.h"

namespace aelab {

/// Writes what people look at in a trained model beside its metrics, into <folder>/summary/:
///
///     summary.json        the model's parts in words, layers with their shapes, parameters; the data's
///     parts;
///                         codes of test samples in the plane of their first two principal components; the
///                         singular values of these codes and of the encoder's Jacobian; the pictures'
///                         meaning
///     inputs.png          test samples, side by side
///     reconstructions.png what the model makes of them
///     corrupted.png, denoised.png   the same of a disturbed input, where the model was trained with one
///     interpolation.png   the way between the codes of two samples, decoded
///     filters.png         the encoder's first layer, where its weights are pictures; grey is zero
///
/// What a model or its data do not have is left out. Failure as write_file's.
void write_summary(const std::filesystem::path& folder, const RunConfig& config, const Made& made);

}  // namespace aelab
