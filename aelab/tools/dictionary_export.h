#pragma once

#include "aelab/runs/trained_model.h"

namespace aelab {

/// A trained sparse dictionary in the units of its rows, [batch, features]: pre-codes are encoder (x - bias)
/// + encoder_bias, or encoder x + encoder_bias if it does not subtract the bias; reconstructions are code
/// vectors + bias. Transforms of the rows and norms of the vectors are folded into the weights.
struct RawDictionary {
  Tensor encoder;       ///< [latents, features]
  Tensor encoder_bias;  ///< [latents]
  Tensor vectors;       ///< [latents, features]
  Tensor bias;          ///< [features]
  bool subtracts_bias = true;
};

/// Of a model with the backbone "dictionary", whose transforms change each feature linearly. Throws a
/// FieldError of "format" for others.
RawDictionary raw_dictionary(const TrainedModel& model);

// The folders of other packages, written whole into a new folder. Their codes and reconstructions of raw rows
// are the model's up to rounding. Throw a FieldError of "format" if the package has no such dictionaries.

/// SAELens's: cfg.json and sae_weights.safetensors. Codes of batch-top-k are those of a threshold, as
/// jumprelu, which is how SAELens saves them, too.
void write_saelens(const TrainedModel& model, const std::filesystem::path& folder);

/// sparsify's: cfg.json and sae.safetensors, of top-k codes alone.
void write_sparsify(const TrainedModel& model, const std::filesystem::path& folder);

}  // namespace aelab
