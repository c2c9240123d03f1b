#pragma once

#include "aelab/models/dictionaries.h"
#include "aelab/nn/crosscoder_backbone.h"

namespace aelab {

/// A sparse dictionary of rows that consist of several blocks of features, such as activations of several
/// layers or models, with one code (Lindsey et al. 2024). Any bottleneck of dictionaries, batch-top-k by
/// default (Minder et al. 2025); and AuxK. With the bottleneck "deterministic" of activation relu and the
/// penalty "weighted-l1" it is the one of Lindsey et al.
class Crosscoder : public Autoencoder {
 public:
  struct Config {
    static constexpr std::string_view kind = "crosscoder";
    static constexpr std::string_view summary =
        "a sparse dictionary of several sources' rows, with one code and a vector for each source";
    static constexpr std::string_view also_known_as[] = {"batch-top-k-crosscoder"};
    CrosscoderBackbone::Config backbone = {};
    DictionaryRecipe recipe = {};

    void fields(Fields& f);
    static std::vector<Config> examples();
    static Shape example_input() { return CrosscoderBackbone::Config::example_input(); }
  };
  static AutoencoderConfig expand(const Config& config);
  Crosscoder(const Config& config, const Context& context) : Autoencoder(expand(config), context) {}
};

}  // namespace aelab
