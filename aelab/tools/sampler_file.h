#pragma once

#include <filesystem>

#include "aelab/evaluation/sampler.h"

namespace aelab {

/// A kind of sampler with its fields, and the sampler itself.
struct ChosenSampler {
  Choice<Sampler> config;
  std::shared_ptr<Sampler> sampler;
};

/// Writes a fitted sampler as a safetensors file: its state, each tensor with its type and a checksum, and as
/// metadata "sampler" its config and "model" the CRC-32 of the weights of the model that it belongs to.
void write_sampler(const std::filesystem::path& path, const Choice<Sampler>& config, const Sampler& sampler,
                   const Autoencoder& model);

/// Reads a sampler of this model, which must outlive it: it draws the same codes as the one that was written.
/// Throws an Error if the file is corrupted, is none of a sampler, or is of another model.
ChosenSampler read_sampler(const std::filesystem::path& path, const Autoencoder& model);

}  // namespace aelab
