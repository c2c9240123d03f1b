#pragma once

#include "aelab/models/autoencoder.h"
#include "aelab/nn/vector_quantized_bottleneck.h"

namespace aelab {

/// The vector-quantized autoencoder (van den Oord, Vinyals & Kavukcuoglu 2017), by default with a codebook of
/// moving averages whose dead vectors are restarted. On any backbone: a code of feature maps has a codebook
/// vector at each place, a dense code one for every four features, unless `dimension` says otherwise.
class VqVae : public Autoencoder {
 public:
  struct Config {
    static constexpr std::string_view kind = "vq-vae";
    static constexpr std::string_view summary =
        "vector-quantized: codes of the nearest vectors of a codebook";
    static constexpr std::string_view also_known_as[] = {"vqvae", "vq", "vector-quantized",
                                                         "vector-quantised"};
    AutoencoderConfig base = {};
    VectorQuantizedBottleneck::Config quantizer = {.update = CodebookUpdate::moving_average, .restart = 100};

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  static AutoencoderConfig expand(const Config& config);
  VqVae(const Config& config, const Context& context) : Autoencoder(expand(config), context) {}
};

}  // namespace aelab
