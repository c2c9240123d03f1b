#pragma once

#include "aelab/models/autoencoder.h"
#include "aelab/nn/convolutional_backbone.h"

namespace aelab {

/// The convolutional autoencoder. Its default layers are those of Golan (lecture 9.A), for images from 8x8
/// pixels.
class Convolutional : public Autoencoder {
 public:
  struct Config {
    static constexpr std::string_view kind = "convolutional";
    static constexpr std::string_view summary =
        "convolutions, pooling and upsampling; by default the autoencoder of Golan (9.A)";
    static constexpr std::string_view also_known_as[] = {"cae", "cnn", "convnet"};
    AutoencoderConfig base = {};
    ConvolutionalBackbone::Config backbone = {};

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  static AutoencoderConfig expand(const Config& config);
  Convolutional(const Config& config, const Context& context) : Autoencoder(expand(config), context) {}
};

}  // namespace aelab
