#include "aelab/models/matching_pursuit.h"

namespace aelab {

void MatchingPursuit::Config::fields(Fields& f) {
  recipe.convention_field(f, [this](Convention as) {
    recipe.dictionary.tied = true;
    recipe.dictionary.bias = false;
    if (as != Convention::saelens) return;
    recipe.dictionary.norm = DecoderNorm::free;
    recipe.dictionary.initial_norm = 1;
    recipe.revive = false;
    bottleneck.residual = 0.01;
  });
  bottleneck.fields(f);
  recipe.fields(f, expand(*this));
  const auto& dictionary = recipe.dictionary;
  f.require(dictionary.tied, "tied",
            "is true in matching pursuit, whose encoder is the dictionary: leave it out");
  f.require(!dictionary.bias, "bias",
            "has no place in matching pursuit, which is for products: leave it out");
  f.require(dictionary.pre_bias, "pre_bias",
            "is subtracted in matching pursuit, since the decoder adds it: leave it out");
}

std::vector<MatchingPursuit::Config> MatchingPursuit::Config::examples() {
  const DictionaryRecipe unit{.base = {.code = 24},
                              .dictionary = {.norm = DecoderNorm::unit, .tied = true, .bias = false},
                              .aux_k = {.k = 4, .dead_after = 64}};
  const DictionaryRecipe free{
      .base = {.code = 24},
      .dictionary = {.norm = DecoderNorm::free, .initial_norm = 1, .tied = true, .bias = false},
      .revive = false};
  return {{.recipe = unit, .bottleneck = {.k = 4}},
          {.recipe = free, .bottleneck = {.k = 6, .residual = 0.8}}};
}

AutoencoderConfig MatchingPursuit::expand(const Config& config) {
  auto parts = config.recipe.parts();
  parts.set_own_bottleneck(config.bottleneck);
  return parts;
}

}  // namespace aelab
