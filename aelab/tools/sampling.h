#pragma once

#include "aelab/evaluation/sampler.h"
#include "aelab/runs/run.h"

namespace aelab {

/// New samples by a trained model: codes drawn from a distribution, and decoded.
struct SamplingConfig {
  std::int64_t count = 64;
  std::optional<Choice<Sampler>> sampler = {};  ///< default: the likeliest of those that are quickly fitted
  std::optional<std::int64_t> components = {};  ///< of the sampler "mixture"
  std::string label = {};  ///< fit to training rows of this class alone, by name or number
  std::int64_t seed = 0;
  std::optional<Which> checkpoint = {};  ///< of a run's folder; the best if unset
  std::string output = {};               ///< folder; <run folder>/samples/<n> if empty

  void fields(Fields& f);
};

/// A sampler that was fitted, and the mean log density in nats that it gives codes of the validation split,
/// which it was not fitted to; of the prior of a model without validation rows it is unknown.
struct FittedSampler {
  Choice<Sampler> config;
  std::shared_ptr<Sampler> sampler;
  std::optional<double> held_out;
};

struct SamplingOutcome {
  std::filesystem::path folder;
  std::vector<std::string> files;
  std::vector<FittedSampler> fitted;  ///< the one that was used first
};

/// Writes samples.npy (rows in the units of the source as far as the transforms have inverses), codes.npy,
/// labels.npy (the classes that a conditional model's samples are of),
/// sampler.safetensors (what was fitted, with checksums), sampling.json and, for images, samples.png. The
/// same seed draws the same samples, and more samples begin with them. Throws an Error, before anything is
/// created, if the sampler does not suit the model, or nothing can be fitted.
///
/// The model is that of a run folder, whose data samplers are fitted to; of a file only the prior can be
/// sampled.
SamplingOutcome draw_samples(const std::filesystem::path& folder_or_file, const SamplingConfig& config);

}  // namespace aelab
