#pragma once

#include "aelab/models/autoencoder.h"

namespace aelab {

/// Codes that change little with the input: ||d code / d input||_F^2 is a term of the objective (Rifai et al.
/// 2011); with hessian_weight also the Jacobian's own change (CAE+H, Rifai et al. 2011b). By default one tied
/// sigmoid layer and cross-entropy, as in the papers; any backbone.
class Contractive : public Autoencoder {
 public:
  struct Config {
    static constexpr std::string_view kind = "contractive";
    static constexpr std::string_view summary =
        "codes that change little with the input: the Jacobian's norm is penalised";
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
