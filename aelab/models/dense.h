#pragma once

#include "aelab/models/autoencoder.h"
#include "aelab/nn/dense_backbone.h"

namespace aelab {

/// The fully connected autoencoder: shallow or deep, under- or overcomplete.
class Dense : public Autoencoder {
 public:
  struct Config {
    static constexpr std::string_view kind = "dense";
    static constexpr std::string_view summary =
        "fully connected layers: shallow or deep, under- or overcomplete";
    static constexpr std::string_view also_known_as[] = {"mlp", "fc", "deep", "fully-connected",
                                                         "feedforward"};
    AutoencoderConfig base = {.code = 32};
    DenseBackbone::Config backbone = {};

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  static AutoencoderConfig expand(const Config& config);
  Dense(const Config& config, const Context& context) : Autoencoder(expand(config), context) {}
};

}  // namespace aelab
