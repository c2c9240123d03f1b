#pragma once

#include "aelab/models/autoencoder.h"
#include "aelab/nn/gaussian_bottleneck.h"

namespace aelab {

/// The variational autoencoder (Kingma & Welling 2014; Rezende, Mohamed & Wierstra 2014), whose objective is
/// the negative evidence lower bound in nats a row. `beta` other than 1 is the beta-VAE (Higgins et al.
/// 2017); a Gaussian bottleneck says what `free_bits`, `capacity` and other priors are.
class Vae : public Autoencoder {
 public:
  struct Config {
    static constexpr std::string_view kind = "vae";
    static constexpr std::string_view summary =
        "variational: a Gaussian code, drawn, with its KL divergence to a prior";
    static constexpr std::string_view also_known_as[] = {"variational", "beta-vae", "vamp-vae",
                                                         "variational-ae"};
    AutoencoderConfig base = {};
    GaussianBottleneck::Config latent = {};

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  static AutoencoderConfig expand(const Config& config);
  Vae(const Config& config, const Context& context) : Autoencoder(expand(config), context) {}
};

}  // namespace aelab
