#pragma once

#include "aelab/models/autoencoder.h"

namespace aelab {

/// The denoising autoencoder: reconstructs the clean input from a corrupted one (Vincent et al. 2010). By
/// default a quarter of the input is masked, and codes are sigmoid, as in the paper. Takes any backbone.
class Denoising : public Autoencoder {
 public:
  struct Config {
    static constexpr std::string_view kind = "denoising";
    static constexpr std::string_view summary = "reconstructs the clean input from a corrupted one";
    static constexpr std::string_view also_known_as[] = {"dae", "denoise"};
    AutoencoderConfig base = {};

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  static AutoencoderConfig expand(const Config& config);
  Denoising(const Config& config, const Context& context) : Autoencoder(expand(config), context) {}
};

}  // namespace aelab
