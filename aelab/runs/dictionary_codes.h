#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aelab/models/autoencoder.h"

namespace aelab {

/// How a sparse dictionary makes codes of pre-codes h, outside training.
enum class CodeRule {
  positive,          ///< relu(h)
  top_k,             ///< the k largest of a row, if positive
  absolute_top_k,    ///< the k of a row with the largest absolute values
  above_threshold,   ///< h where it exceeds a threshold that is at least 0
  gated,             ///< relu(e^s h + c) where h + b is positive
  matching_pursuit,  ///< the elements one after the other, each for what those before leave of the row
};
std::span<const std::string_view> names(CodeRule);

/// A rule and its state, apart from the kind of bottleneck that has them: what other packages know, too.
struct DictionaryCodes {
  CodeRule rule = CodeRule::positive;
  /// Elements that are kept of a row; with a threshold, those of a row of a batch in training. 0: unknown.
  double k = 0;
  double residual = 0;                    ///< of a pursuit: the norm below which a row is done
  bool of_batch = false;                  ///< the threshold is one number, which follows from training's k
  Tensor threshold = {};                  ///< [latents], not negative
  Tensor gate_bias = {};                  ///< [latents]: b
  Tensor magnitude_bias = {};             ///< [latents]: c
  Tensor log_scale = {};                  ///< [latents]: s
  std::vector<std::int64_t> widths = {};  ///< numbers of first vectors that were trained to reconstruct alone
};

// The only place that knows which kinds of bottlenecks and variants these are.

/// The codes of a model with `latents` elements; nothing where its bottleneck has no such codes.
std::optional<DictionaryCodes> codes_of(const Autoencoder& model, std::int64_t latents);

/// Sets the state of the model's bottleneck. Returns what keeps the model from having such codes, as a
/// sentence that begins with "the model", or "".
std::string set_codes(const Autoencoder& model, const DictionaryCodes& codes, std::int64_t latents);

/// The variant with such codes, and its fields.
nlohmann::ordered_json recipe_of(const DictionaryCodes& codes);

}  // namespace aelab
