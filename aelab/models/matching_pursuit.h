#pragma once

#include "aelab/models/dictionaries.h"
#include "aelab/nn/matching_pursuit_bottleneck.h"

namespace aelab {

/// Codes that matching pursuit chooses, of a dictionary whose transpose is the encoder (Costa et al. 2025,
/// "From flat to hierarchical: Extracting sparse representations with matching pursuit").
class MatchingPursuit : public Autoencoder {
 public:
  struct Config {
    static constexpr std::string_view kind = "matching-pursuit";
    static constexpr std::string_view summary =
        "a sparse dictionary: elements are chosen one after the other, each for the residual";
    static constexpr std::string_view also_known_as[] = {"mp-sae", "matching_pursuit"};
    DictionaryRecipe recipe = {.dictionary = {.norm = DecoderNorm::unit, .tied = true, .bias = false}};
    MatchingPursuitBottleneck::Config bottleneck = {};

    void fields(Fields& f);
    static std::vector<Config> examples();
  };
  static AutoencoderConfig expand(const Config& config);
  MatchingPursuit(const Config& config, const Context& context) : Autoencoder(expand(config), context) {}
};

}  // namespace aelab
