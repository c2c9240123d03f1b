#pragma once

#include "aelab/models/autoencoder.h"
#include "aelab/nn/layers.h"

namespace aelab {

/// The trained linear autoencoder: no biases, centered data, squared error. Its least error is PCA's, and its
/// decoder then spans the principal subspace (Baldi & Hornik 1989).
class Linear : public Autoencoder {
 public:
  struct Config {
    static constexpr std::string_view kind = "linear";
    static constexpr std::string_view summary =
        "linear encoder and decoder, trained; spans the subspace of PCA";
    std::int64_t code = 32;
    bool tied = false;
    Initialization initialization = Initialization::glorot_uniform;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.code = 6}, {.code = 6, .tied = true}}; }
  };

  static AutoencoderConfig expand(const Config& config);
  Linear(const Config& config, const Context& context) : Autoencoder(expand(config), context) {}
};

}  // namespace aelab
