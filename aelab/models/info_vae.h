#pragma once

#include "aelab/models/autoencoder.h"
#include "aelab/nn/gaussian_bottleneck.h"
#include "aelab/nn/mmd_penalty.h"

namespace aelab {

/// InfoVAE (Zhao, Song & Ermon 2019, equation 6): a variational autoencoder whose KL divergence has the
/// weight 1 - alpha, and the maximum mean discrepancy between all codes and N(0, I) the weight alpha + lambda
/// - 1. With alpha = 1 it is the MMD-VAE, with alpha = 0 and lambda = 1 the VAE.
class InfoVae : public Autoencoder {
 public:
  struct Config {
    static constexpr std::string_view kind = "info-vae";
    static constexpr std::string_view summary =
        "variational, with a maximum mean discrepancy that keeps codes informative";
    static constexpr std::string_view also_known_as[] = {"infovae", "mmd-vae", "info"};
    AutoencoderConfig base = {};
    double alpha = 0;
    double lambda = 10;
    MmdPenalty::Config mmd = {};  ///< of which `alpha` and `lambda` set the weight

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  static AutoencoderConfig expand(const Config& config);
  InfoVae(const Config& config, const Context& context) : Autoencoder(expand(config), context) {}
};

}  // namespace aelab
