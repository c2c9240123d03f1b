#pragma once

#include "aelab/models/autoencoder.h"
#include "aelab/nn/finite_scalar_bottleneck.h"

namespace aelab {

/// The autoencoder with finite scalar quantization (Mentzer et al. 2024): a VQ-VAE whose codebook is a grid
/// without parameters, so that the reconstruction is the whole objective. On any backbone: a code of feature
/// maps has as many channels as there are levels, a dense code any multiple of it. The hidden layers of the
/// default backbone are normalized by batches: the drift of all codes in the first steps, towards the mean of
/// the data, would else take them to the outer levels, where the gradient of the tanh vanishes.
class Fsq : public Autoencoder {
 public:
  struct Config {
    static constexpr std::string_view kind = "fsq";
    static constexpr std::string_view summary = "codes of values rounded to a few levels each";
    static constexpr std::string_view also_known_as[] = {"finite-scalar", "finite-scalar-quantization",
                                                         "fsq-vae", "fsqvae"};
    AutoencoderConfig base = {};
    FiniteScalarBottleneck::Config quantizer = {};

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  static AutoencoderConfig expand(const Config& config);
  Fsq(const Config& config, const Context& context) : Autoencoder(expand(config), context) {}
};

}  // namespace aelab
