#pragma once

#include "aelab/models/autoencoder.h"
#include "aelab/nn/divergence_parts.h"
#include "aelab/nn/gaussian_bottleneck.h"

namespace aelab {

/// beta-TCVAE (Chen et al. 2018, equation 4): a variational autoencoder with weights of its own for the parts
/// of the KL divergence: `alpha` for the mutual information of rows and codes, `beta` for the total
/// correlation of the code, and `gamma` for the dimensions' own divergences from the prior. The divergence
/// itself is in closed form; what the weights are more than 1 is added by estimates of the parts.
class BetaTc : public Autoencoder {
 public:
  struct Config {
    static constexpr std::string_view kind = "beta-tc";
    static constexpr std::string_view summary = "variational, with weights of the parts of its KL divergence";
    static constexpr std::string_view also_known_as[] = {"beta-tcvae", "btcvae", "tcvae", "tc"};
    AutoencoderConfig base = {};
    double alpha = 1;
    double beta = 6;
    double gamma = 1;
    AggregateEstimate estimate = AggregateEstimate::stratified;

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  static AutoencoderConfig expand(const Config& config);
  BetaTc(const Config& config, const Context& context) : Autoencoder(expand(config), context) {}
};

}  // namespace aelab
