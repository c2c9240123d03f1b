#pragma once

#include "aelab/models/autoencoder.h"

namespace aelab {

/// The contractive autoencoder: penalizes ||d code / d input||_F^2 (Rifai et al. 2011), and with
/// hessian_weight also the change of the Jacobian (CAE+H, Rifai et al. 2011b). By default one tied sigmoid
/// layer and cross-entropy, as in the papers. Takes any backbone.
class Contractive : public Autoencoder {
 public:
  struct Config {
    static constexpr std::string_view kind = "contractive";
    static constexpr std::string_view summary = "penalizes the norm of the encoder's Jacobian";
    static constexpr std::string_view also_known_as[] = {"contracting"};
    AutoencoderConfig base = {};
    Schedule weight = 0.1;
    Schedule hessian_weight = 0.0;

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  static AutoencoderConfig expand(const Config& config);
  Contractive(const Config& config, const Context& context) : Autoencoder(expand(config), context) {}
};

}  // namespace aelab
