#pragma once

#include "aelab/models/autoencoder.h"

namespace aelab {

/// Reconstructs the clean input from a noisy one (Vincent et al. 2010). Masking a quarter of the input when
/// no corruption is named; sigmoid codes and cross-entropy as in the paper, on any backbone.
class Denoising : public Autoencoder {
 public:
  struct Config {
    static constexpr std::string_view kind = "denoising";
    static constexpr std::string_view summary = "reconstructs the clean input from a noisy one";
    AutoencoderConfig base = {};

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  static AutoencoderConfig expand(const Config& config);
  Denoising(const Config& config, const Context& context) : Autoencoder(expand(config), context) {}
};

}  // namespace aelab
