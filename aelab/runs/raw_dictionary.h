#pragma once

#include "aelab/runs/dictionary_codes.h"
#include "aelab/runs/trained_model.h"

namespace aelab {

/// A sparse dictionary of rows [batch, features] in their own units: pre-codes are encoder (x - bias) +
/// encoder_bias, or encoder x + encoder_bias if it does not subtract the bias; reconstructions are code
/// vectors + bias. All are float32, on the CPU.
struct RawDictionary {
  Tensor encoder = {};       ///< [latents, features]
  Tensor encoder_bias = {};  ///< [latents]; of gated codes 0: their own biases have it
  Tensor vectors = {};       ///< [latents, features]
  Tensor bias = {};          ///< [features]
  bool subtracts_bias = true;
  DictionaryCodes codes = {};

  std::int64_t latents() const { return encoder.size(0); }
  std::int64_t features() const { return encoder.size(1); }
  /// The same dictionary, up to rounding, which subtracts the bias or does not.
  RawDictionary subtracting(bool bias) const;
};

/// transformed = factor x + shift, [features] each in float64.
struct LinearChange {
  Tensor factor, shift;
};

/// What the transforms of rows of this shape do to each feature; nothing if some do something else than to
/// multiply it and add to it, which some rows show.
std::optional<LinearChange> linear_change(const Transforms& transforms, const Shape& row);

/// The dictionary of a model with the backbone "dictionary" in the units of its rows: transforms of the rows
/// and norms of the vectors are folded into the weights. Throws a FieldError of "format" for other models,
/// and for transforms that do not change each feature linearly.
RawDictionary raw_dictionary(const TrainedModel& model);

/// The other direction: sets the weights of a model with the backbone "dictionary", whose inputs are such
/// rows after the change. Returns what keeps the model from being this dictionary, as a sentence that begins
/// with "the model" or a remedy's field, or "".
std::string set_dictionary(Autoencoder& model, const RawDictionary& raw, const LinearChange& change);

}  // namespace aelab
