#include "aelab/models/dictionaries.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "aelab/nn/bottlenecks.h"
#include "aelab/nn/likelihoods.h"

namespace aelab {

namespace {

constexpr std::int64_t kDefaultCode = 4096;

}  // namespace

std::span<const std::string_view> names(Convention) {
  static constexpr std::array<std::string_view, 4> kNames = {"aelab", "saelens", "dictionary-learning",
                                                             "openai"};
  return kNames;
}

void DictionaryRecipe::follow(Convention convention) {
  as = convention;
  const DictionaryRecipe defaults;
  dictionary = defaults.dictionary;
  aux_k = defaults.aux_k;
  if (convention == Convention::saelens) {
    dictionary.norm = DecoderNorm::scaled;
    constexpr std::int64_t kSteps = 1000, kBatch = 4096;  // its default batch
    aux_k = {.weight = 1.0,
             .dead_after = kSteps * kBatch,
             .unit = ErrorUnit::one,
             .rectified = false,
             .by_share = true};
  }
  if (convention == Convention::dictionary_learning) dictionary.bias_start = BiasStart::geometric_median;
  if (convention == Convention::openai) {
    dictionary.bias_start = BiasStart::geometric_median;
    aux_k.k = 256;
    aux_k.trains_bias = true;
  }
}

void DictionaryRecipe::convention_field(Fields& f, const std::function<void(Convention)>& more) {
  const auto before = as;
  f("as", as, "the library whose defaults are those of all other fields");
  if (as == before) return;
  follow(as);
  if (more) more(as);
}

void DictionaryRecipe::fields(Fields& f, const AutoencoderConfig& parts) {
  dictionary.fields(f);
  common_fields(f, parts);
}

void DictionaryRecipe::common_fields(Fields& f, const AutoencoderConfig& parts) {
  f("revive", revive, "dead elements learn to reconstruct the residual of the others (aux-k)");
  std::optional<AnyJson> unused;
  constexpr std::string_view kHow = "how dead elements are revived";
  if (revive || f.describing())
    f("aux_k", aux_k, kHow);
  else
    f("aux_k", unused, kHow);
  f.require(!unused, "aux_k", "has no effect with \"revive\": false: leave one of them out");
  base.fields(f, parts);
  f.require(!revive || !base.has_penalty(AuxKPenalty::Config::kind), "penalties",
            "lists aux-k, which this variant's own \"aux_k\" sets already");
}

AutoencoderConfig DictionaryRecipe::parts(Choice<Backbone> backbone) const {
  auto parts = base;
  parts.default_code = kDefaultCode;
  parts.set_own_backbone(std::move(backbone));
  // The squared error: half of it over a variance of a half.
  if (!parts.likelihood) parts.likelihood = GaussianLikelihood::Config{.deviation = std::sqrt(0.5)};
  if (revive) parts.add_own_penalty(aux_k);
  return parts;
}

namespace {

/// Small enough for tests, and with a revival that begins at once.
DictionaryRecipe small_recipe(std::int64_t code, DecoderNorm norm = DecoderNorm::unit, bool revive = true) {
  return {.base = {.code = code},
          .dictionary = {.norm = norm},
          .revive = revive,
          .aux_k = {.k = 4, .dead_after = 64}};
}

}  // namespace

void TopK::Config::fields(Fields& f) {
  recipe.convention_field(f);
  bottleneck.fields(f);
  f("absolute", absolute, "the largest absolute values, with their signs");
  recipe.fields(f, expand(*this));
}

std::vector<TopK::Config> TopK::Config::examples() {
  return {{.recipe = small_recipe(24), .bottleneck = {.k = 4}},
          {.recipe = small_recipe(24, DecoderNorm::scaled), .bottleneck = {.k = 3}},
          {.recipe = small_recipe(24, DecoderNorm::free, /*revive=*/false),
           .bottleneck = {.k = 4},
           .absolute = true}};
}

AutoencoderConfig TopK::expand(const Config& config) {
  auto parts = config.recipe.parts();
  if (config.absolute)
    parts.set_own_bottleneck(AbsoluteTopKBottleneck::Config{.k = config.bottleneck.k});
  else
    parts.set_own_bottleneck(config.bottleneck);
  return parts;
}

namespace {

/// The threshold's average as a library has it.
void follow_threshold(BatchTopKBottleneck::Config& bottleneck, Convention convention) {
  bottleneck.debiased = convention != Convention::saelens;
  bottleneck.decay = convention == Convention::dictionary_learning ? 0.999 : 0.99;
}

}  // namespace

void BatchTopK::Config::fields(Fields& f) {
  recipe.convention_field(f, [this](Convention as) { follow_threshold(bottleneck, as); });
  bottleneck.fields(f);
  recipe.fields(f, expand(*this));
}

std::vector<BatchTopK::Config> BatchTopK::Config::examples() {
  return {{.recipe = small_recipe(24), .bottleneck = {.k = 4}},
          {.recipe = small_recipe(24, DecoderNorm::scaled), .bottleneck = {.k = 3, .debiased = false}}};
}

AutoencoderConfig BatchTopK::expand(const Config& config) {
  auto parts = config.recipe.parts();
  parts.set_own_bottleneck(config.bottleneck);
  return parts;
}

void Matryoshka::Config::fields(Fields& f) {
  recipe.convention_field(f, [this](Convention as) { follow_threshold(bottleneck, as); });
  bottleneck.fields(f);
  f("widths", widths,
    "numbers of first elements that reconstruct alone; default: a 32nd, an 8th and half of the code",
    between(0, kWidest))
      .also_known_as({"matryoshka_widths", "group_sizes"});
  if (widths) MatryoshkaPenalty::require_nested(f, *widths);
  f("revive_by_level", revive_by_level,
    "dead elements of a width reconstruct the residual of that width, not that of the whole code")
      .also_known_as({"use_matryoshka_aux_loss"});
  recipe.fields(f, expand(*this));
  f.require(!recipe.base.has_penalty(MatryoshkaPenalty::Config::kind), "penalties",
            "lists matryoshka, which this variant's own \"widths\" sets already");
  f.require(!revive_by_level || recipe.revive, "revive_by_level", "needs \"revive\": true");
  f.require(!revive_by_level || recipe.aux_k.levels.empty(), "revive_by_level",
            "sets the levels of \"aux_k\" already: leave one of them out");
}

std::vector<Matryoshka::Config> Matryoshka::Config::examples() {
  return {
      {.recipe = small_recipe(32), .bottleneck = {.k = 4}},
      {.recipe = small_recipe(24, DecoderNorm::scaled), .bottleneck = {.k = 3}, .widths = {{0, 5, 12}}},
      {.recipe = small_recipe(24), .bottleneck = {.k = 3}, .widths = {{0, 5, 12}}, .revive_by_level = true}};
}

namespace {

/// A 32nd, an 8th and half of the code, as far as they are elements.
std::vector<std::int64_t> default_widths(std::int64_t code) {
  std::vector<std::int64_t> widths;
  for (const auto part : {32, 8, 2})
    if (const auto width = code / part; width > 0 && (widths.empty() || width > widths.back()))
      widths.push_back(width);
  return widths.empty() ? std::vector<std::int64_t>{0} : widths;
}

}  // namespace

AutoencoderConfig Matryoshka::expand(const Config& config) {
  auto recipe = config.recipe;
  const auto widths = config.widths.value_or(default_widths(recipe.base.code.value_or(kDefaultCode)));
  if (config.revive_by_level)
    std::copy_if(widths.begin(), widths.end(), std::back_inserter(recipe.aux_k.levels),
                 [](auto width) { return width > 0; });
  auto parts = recipe.parts();
  parts.set_own_bottleneck(config.bottleneck);
  parts.add_own_penalty(MatryoshkaPenalty::Config{.widths = widths});
  return parts;
}

void L1Dictionary::Config::fields(Fields& f) {
  recipe.convention_field(f, [this](Convention as) {
    recipe.dictionary.norm = as == Convention::dictionary_learning ? DecoderNorm::unit : DecoderNorm::free;
  });
  l1.fields(f);
  recipe.fields(f, expand(*this));
  f.require(!recipe.base.has_penalty(WeightedL1Penalty::Config::kind), "penalties",
            "lists weighted-l1, which this variant's own \"weight\" sets already");
}

std::vector<L1Dictionary::Config> L1Dictionary::Config::examples() {
  return {{.recipe = small_recipe(24, DecoderNorm::free)},
          {.recipe = small_recipe(24, DecoderNorm::unit, /*revive=*/false),
           .l1 = {.weight = 0.05, .power = 0.5}}};
}

AutoencoderConfig L1Dictionary::expand(const Config& config) {
  auto parts = config.recipe.parts();
  parts.set_own_bottleneck(DeterministicBottleneck::Config{.activation = Activation::relu});
  parts.add_own_penalty(config.l1);
  return parts;
}

void Gated::Config::fields(Fields& f) {
  recipe.convention_field(f, [this](Convention as) {
    recipe.dictionary.norm = as == Convention::saelens ? DecoderNorm::free : DecoderNorm::unit;
    recipe.dictionary.bias = false;
    trains_decoder = as == Convention::saelens;
  });
  l1.fields(f);
  f("trains_decoder", trains_decoder, "the gradient of the reconstruction by the gate reaches the decoder");
  recipe.fields(f, expand(*this));
  f.require(!recipe.dictionary.bias, "bias", "would be one too many, as the gate has one: leave it out");
  for (const auto own : {WeightedL1Penalty::Config::kind, GateReconstruction::Config::kind})
    f.require(!recipe.base.has_penalty(own), "penalties",
              "lists " + std::string(own) + ", which this variant has already");
}

std::vector<Gated::Config> Gated::Config::examples() {
  std::vector<Config> examples = {{.recipe = small_recipe(24)},
                                  {.recipe = small_recipe(24, DecoderNorm::free, /*revive=*/false),
                                   .l1 = {.weight = 0.05},
                                   .trains_decoder = true}};
  for (auto& example : examples) example.recipe.dictionary.bias = false;
  return examples;
}

AutoencoderConfig Gated::expand(const Config& config) {
  auto parts = config.recipe.parts();
  parts.set_own_bottleneck(GatedBottleneck::Config{});
  parts.add_own_penalty(config.l1);
  parts.add_own_penalty(GateReconstruction::Config{.trains_decoder = config.trains_decoder});
  return parts;
}

void JumpReluDictionary::Config::fields(Fields& f) {
  recipe.convention_field(f, [this](Convention as) {
    if (as == Convention::saelens) {
      recipe.dictionary.norm = DecoderNorm::free;
      bottleneck.threshold = 0.01;
      bottleneck.bandwidth = 0.05;
      bottleneck.target_of = L0Of::row;
      bottleneck.parameter = ThresholdParameter::threshold;
    }
    if (as == Convention::dictionary_learning) {
      recipe.dictionary.pre_bias = false;
      bottleneck.near = NearThreshold::code;
      bottleneck.parameter = ThresholdParameter::threshold;
    }
  });
  bottleneck.fields(f);
  recipe.fields(f, expand(*this));
}

std::vector<JumpReluDictionary::Config> JumpReluDictionary::Config::examples() {
  return {{.recipe = small_recipe(24), .bottleneck = {.weight = 0.01, .threshold = 0.05, .bandwidth = 0.1}},
          {.recipe = small_recipe(24),
           .bottleneck = {.weight = 0.1, .target_l0 = 4, .threshold = 0.05, .bandwidth = 0.1}}};
}

AutoencoderConfig JumpReluDictionary::expand(const Config& config) {
  auto parts = config.recipe.parts();
  parts.set_own_bottleneck(config.bottleneck);
  return parts;
}

}  // namespace aelab
