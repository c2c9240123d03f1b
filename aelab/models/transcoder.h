#pragma once

#include "aelab/models/dictionaries.h"
#include "aelab/nn/transcoder_backbone.h"

namespace aelab {

/// A sparse dictionary that reads one block of a row's features and reconstructs the others (Dunefsky,
/// Chlenski & Nanda 2024), with or without a skip connection: what a layer of another model does, by sparse
/// codes. Any bottleneck of dictionaries, top-k by default; and AuxK.
class Transcoder : public Autoencoder {
 public:
  struct Config {
    static constexpr std::string_view kind = "transcoder";
    static constexpr std::string_view summary =
        "a sparse dictionary that reconstructs other features than it reads";
    static constexpr std::string_view also_known_as[] = {"skip-transcoder", "skip_transcoder"};
    TranscoderBackbone::Config backbone = {};
    DictionaryRecipe recipe = {};

    void fields(Fields& f);
    static std::vector<Config> examples();
    static Shape example_input() { return TranscoderBackbone::Config::example_input(); }
  };
  static AutoencoderConfig expand(const Config& config);
  Transcoder(const Config& config, const Context& context) : Autoencoder(expand(config), context) {}
};

}  // namespace aelab
