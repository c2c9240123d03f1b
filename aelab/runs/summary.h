#pragma once

#include <filesystem>

#include "aelab/runs/made.h"

namespace aelab {

/// Writes what reports show of a trained model beside its metrics into <folder>/summary/:
///
///     summary.json        the model's parts, its layers with their shapes, its parameters; the sizes of the
///                         data splits; latent codes of test samples along their first two principal
///                         components; for codes of two dimensions the density of their prior; the singular
///                         values of these codes and of the encoder's Jacobian; for Gaussian codes each
///                         dimension's KL divergence and the variance of its mean; how often each vector of a
///                         codebook is chosen; what each image shows
///     inputs.png          test samples, side by side
///     reconstructions.png their reconstructions
///     corrupted.png, denoised.png   the same for corrupted inputs, for models trained with a corruption
///     interpolation.png   linear interpolation in latent space between two samples, decoded
///     samples.png         codes drawn from the prior, decoded, for models that have one
///     traversals.png      the first sample's code with one dimension changed in each row, decoded, of the
///                         ten dimensions that vary most, for models with a prior and a code that is a vector
///     filters.png         the weights of the encoder's first layer, if they are images; gray is zero
///     dictionary.json, latents.csv, latents.png   of sparse dictionaries (runs/dictionary_summary.h)
///     anomaly.json, anomalies-*.png   where the evaluation has the metric "anomaly" (runs/anomaly_summary.h)
///
/// Files that do not apply to the model or its data are left out. Failure as write_file's.
void write_summary(const std::filesystem::path& folder, const RunConfig& config, const Made& made);

/// Codes drawn from the model's prior, decoded: [count, ...input]; undefined for models without a prior, or
/// whose decoder no longer belongs to the encoder. Models whose codes have the same shape make
/// them of the same standard normal numbers.
Tensor decoded_draws(const Autoencoder& model, std::int64_t count);

}  // namespace aelab
