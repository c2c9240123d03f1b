#pragma once

#include "aelab/models/autoencoder.h"
#include "aelab/nn/dictionary_backbone.h"
#include "aelab/nn/dictionary_penalties.h"
#include "aelab/nn/gated_bottleneck.h"
#include "aelab/nn/jump_relu_bottleneck.h"
#include "aelab/nn/sparse_bottlenecks.h"

namespace aelab {

/// Whose defaults a dictionary has. The libraries differ in them, not only in names.
enum class Convention { aelab, saelens, dictionary_learning, openai };
std::span<const std::string_view> names(Convention);

/// What the recipes of sparse dictionaries share: squared errors summed over features as the cost, a
/// dictionary of many vectors, and the revival of dead ones.
struct DictionaryRecipe {
  Convention as = Convention::aelab;
  AutoencoderConfig base = {};
  DictionaryBackbone::Config dictionary = {.norm = DecoderNorm::unit};
  bool revive = true;
  AuxKPenalty::Config aux_k = {};

  /// Lists `as`, and sets the defaults of that library if it is read. Called before all that it changes is
  /// listed; `more` sets those of the recipe's own fields.
  void convention_field(Fields& f, const std::function<void(Convention)>& more = {});
  /// Sets the defaults of a library.
  void follow(Convention convention);
  /// Lists all other fields; `parts` are those of the recipe, as it expands to.
  void fields(Fields& f, const AutoencoderConfig& parts);
  /// Those besides the fields of the dictionary.
  void common_fields(Fields& f, const AutoencoderConfig& parts);
  /// The parts without the bottleneck, with this dictionary or another backbone.
  AutoencoderConfig parts() const { return parts(dictionary); }
  AutoencoderConfig parts(Choice<Backbone> backbone) const;
};

/// Codes of the k largest elements (Makhzani & Frey 2013; Gao et al. 2024).
class TopK : public Autoencoder {
 public:
  struct Config {
    static constexpr std::string_view kind = "top-k";
    static constexpr std::string_view summary = "a sparse dictionary: codes of the k largest elements";
    static constexpr std::string_view also_known_as[] = {"topk", "top-k-sae"};
    DictionaryRecipe recipe = {};
    TopKBottleneck::Config bottleneck = {};
    bool absolute = false;

    void fields(Fields& f);
    static std::vector<Config> examples();
  };
  static AutoencoderConfig expand(const Config& config);
  TopK(const Config& config, const Context& context) : Autoencoder(expand(config), context) {}
};

/// Codes of the largest elements of a batch (Bussmann, Leask & Nanda 2024).
class BatchTopK : public Autoencoder {
 public:
  struct Config {
    static constexpr std::string_view kind = "batch-top-k";
    static constexpr std::string_view summary = "a sparse dictionary: codes of a batch's largest elements";
    static constexpr std::string_view also_known_as[] = {"batchtopk", "batch-top-k-sae"};
    DictionaryRecipe recipe = {};
    BatchTopKBottleneck::Config bottleneck = {};

    void fields(Fields& f);
    static std::vector<Config> examples();
  };
  static AutoencoderConfig expand(const Config& config);
  BatchTopK(const Config& config, const Context& context) : Autoencoder(expand(config), context) {}
};

/// Codes whose first elements reconstruct alone, of the largest elements of a batch (Bussmann et al. 2025).
class Matryoshka : public Autoencoder {
 public:
  struct Config {
    static constexpr std::string_view kind = "matryoshka";
    static constexpr std::string_view summary =
        "a sparse dictionary whose first vectors reconstruct alone, at several widths";
    static constexpr std::string_view also_known_as[] = {"matryoshka-batch-top-k", "matryoshka-sae"};
    DictionaryRecipe recipe = {};
    BatchTopKBottleneck::Config bottleneck = {};
    std::optional<std::vector<std::int64_t>> widths = {};
    bool revive_by_level = false;

    void fields(Fields& f);
    static std::vector<Config> examples();
  };
  static AutoencoderConfig expand(const Config& config);
  Matryoshka(const Config& config, const Context& context) : Autoencoder(expand(config), context) {}
};

/// Rectified codes whose sum, weighted by the norms of their vectors, is penalized (Bricken et al. 2023;
/// Conerly et al. 2024).
class L1Dictionary : public Autoencoder {
 public:
  struct Config {
    static constexpr std::string_view kind = "l1-dictionary";
    static constexpr std::string_view summary = "a sparse dictionary: rectified codes with an L1 penalty";
    static constexpr std::string_view also_known_as[] = {"standard", "l1-sae", "vanilla", "p-annealing"};
    DictionaryRecipe recipe = {.dictionary = {.norm = DecoderNorm::free}};
    WeightedL1Penalty::Config l1 = {.weight = 0.1};

    void fields(Fields& f);
    static std::vector<Config> examples();
  };
  static AutoencoderConfig expand(const Config& config);
  L1Dictionary(const Config& config, const Context& context) : Autoencoder(expand(config), context) {}
};

/// Codes that a gate selects (Rajamanoharan et al. 2024, "Improving dictionary learning").
class Gated : public Autoencoder {
 public:
  struct Config {
    static constexpr std::string_view kind = "gated";
    static constexpr std::string_view summary = "a sparse dictionary: codes that a learned gate selects";
    static constexpr std::string_view also_known_as[] = {"gated-sae"};
    DictionaryRecipe recipe = {.dictionary = {.norm = DecoderNorm::unit, .bias = false}};
    WeightedL1Penalty::Config l1 = {.weight = 0.1};
    bool trains_decoder = false;

    void fields(Fields& f);
    static std::vector<Config> examples();
  };
  static AutoencoderConfig expand(const Config& config);
  Gated(const Config& config, const Context& context) : Autoencoder(expand(config), context) {}
};

/// Codes of what exceeds learned thresholds (Rajamanoharan et al. 2024, "Jumping ahead").
class JumpReluDictionary : public Autoencoder {
 public:
  struct Config {
    static constexpr std::string_view kind = "jump-relu";
    static constexpr std::string_view summary =
        "a sparse dictionary: codes of what exceeds learned thresholds";
    static constexpr std::string_view also_known_as[] = {"jumprelu", "jump-relu-sae"};
    DictionaryRecipe recipe = {};
    JumpReluBottleneck::Config bottleneck = {};

    void fields(Fields& f);
    static std::vector<Config> examples();
  };
  static AutoencoderConfig expand(const Config& config);
  JumpReluDictionary(const Config& config, const Context& context) : Autoencoder(expand(config), context) {}
};

}  // namespace aelab
