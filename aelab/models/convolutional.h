#pragma once

#include "aelab/models/autoencoder.h"
#include "aelab/nn/convolutional_backbone.h"

namespace aelab {

/// The convolutional autoencoder; by default the net of Golan's lecture 9.A for 28x28 images.
class Convolutional : public Autoencoder {
 public:
  struct Config {
    static constexpr std::string_view kind = "convolutional";
    static constexpr std::string_view summary =
        "convolutions, pooling and upsampling; by default the lecture's net for 28x28";
    AutoencoderConfig base = {};
    ConvolutionalBackbone::Config backbone = {};

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  static AutoencoderConfig expand(const Config& config);
  Convolutional(const Config& config, const Context& context) : Autoencoder(expand(config), context) {}
};

}  // namespace aelab
