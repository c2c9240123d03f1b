#pragma once

#include "aelab/runs/run.h"
#include "aelab/tools/sampler_file.h"

namespace aelab {

/// New samples by a trained model: codes drawn from a distribution, and decoded.
struct SamplingConfig {
  std::int64_t count = 64;
  std::optional<Choice<Sampler>> sampler = {};  ///< default: the likeliest of those that are quickly fitted
  std::string fitted = {};  ///< file of a sampler that was fitted before, in place of `sampler`
  std::optional<std::int64_t> components = {};  ///< of the sampler "mixture"
  std::string label = {};  ///< fit to training rows of this class alone, by name or number
  std::int64_t seed = 0;
  std::optional<Which> checkpoint = {};  ///< of a run's folder; the best if unset
  std::string output = {};               ///< folder; <run folder>/samples/<n> if empty

  void fields(Fields& f);
};

/// A sampler that was fitted, and the mean log density in nats (Sampler::log_density) that it gives codes of
/// the validation split, which it was not fitted to; unknown without validation rows, and of a sampler that
/// was read from a file.
struct FittedSampler : ChosenSampler {
  std::optional<double> held_out = {};
};

struct SamplingOutcome {
  std::filesystem::path folder;
  std::vector<std::string> files;
  std::vector<FittedSampler> fitted;      ///< the one that was used first
  bool codes_have_probabilities = false;  ///< as they are made of a codebook's vectors; others have densities
};

/// Writes samples.npy (rows in the units of the source as far as the transforms have inverses), codes.npy,
/// labels.npy (the classes that a conditional model's samples are of),
/// sampler.safetensors (what was fitted, with checksums), sampling.json and, for images, samples.png. The
/// same seed draws the same samples, and more samples begin with them. Throws an Error, before anything is
/// created, if the sampler does not suit the model, or nothing can be fitted.
///
/// The model is that of a run folder, whose data samplers are fitted to; of a file only the prior, or a
/// sampler that was fitted before, can be sampled. Models whose codes are made of a codebook's vectors are
/// sampled by the samplers that draw such codes (Sampler::unsuited).
SamplingOutcome draw_samples(const std::filesystem::path& folder_or_file, const SamplingConfig& config);

}  // namespace aelab
