#pragma once

#include "aelab/nn/dictionary_backbone.h"

namespace aelab {

/// The two layers of a crosscoder (Lindsey et al. 2024, "Sparse crosscoders for cross-layer features and
/// model diffing"): one code of rows that consist of several blocks of features, such as activations of
/// several layers or models. The encoder reads all blocks, and each latent has a vector of the dictionary for
/// each. As a latent of one block must not cost more than one of all, a latent weighs the sum of the norms of
/// its vectors (Backbone::vector_norms), in penalties and, with the norm "scaled", as the factor of the
/// encoder's outputs (Minder et al. 2025, "Overcoming sparsity artifacts in crosscoders", BatchTopK). With
/// "unit" it is the norm of all its vectors together that is 1.
///
/// At the start the vectors of all blocks have the same norm, and the encoder is their transpose.
class CrosscoderBackbone : public DictionaryBackbone {
 public:
  struct Config {
    static constexpr std::string_view kind = "crosscoder";
    static constexpr std::string_view summary =
        "a dictionary with a vector for each block of features that rows consist of";
    static constexpr std::string_view also_known_as[] = {"crosscoder-dictionary"};
    static constexpr std::string_view capabilities[] = {capability::takes_code};
    std::optional<std::vector<std::int64_t>> blocks = {};
    DictionaryBackbone::Config dictionary = {.norm = DecoderNorm::scaled, .pre_bias = false};

    void fields(Fields& f);
    static std::vector<Config> examples();
    static Shape example_input() { return {20}; }
  };

  /// Throws a FieldError of the owner's "likelihood" if that needs other outputs than the rows.
  CrosscoderBackbone(const Config& config, const BackboneContext& context);
  std::optional<Choice<Backbone>> completed() const override { return Choice<Backbone>(config_); }

 private:
  Config config_;
};

}  // namespace aelab
