#pragma once

#include "aelab/models/autoencoder.h"
#include "aelab/nn/bounds.h"
#include "aelab/nn/posterior.h"

namespace aelab {

/// The importance-weighted autoencoder (Burda, Grosse & Salakhutdinov 2016): a variational autoencoder whose
/// objective is the importance-weighted bound of `samples` codes a row, averaged over `estimates` (MIWAE;
/// Rainforth et al. 2018), which may be mixed with the evidence lower bound (CIWAE, same paper).
class Iwae : public Autoencoder {
 public:
  struct Config {
    static constexpr std::string_view kind = "iwae";
    static constexpr std::string_view summary =
        "variational, by the importance-weighted bound of several codes";
    static constexpr std::string_view also_known_as[] = {"miwae", "ciwae", "importance-weighted"};
    AutoencoderConfig base = {};
    ImportanceWeightedBound::Config weighted = {};
    bool doubly_reparameterized = false;
    std::optional<Choice<Prior>> prior = {};          ///< default: standard
    std::optional<Choice<Posterior>> posterior = {};  ///< default: diagonal

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  static AutoencoderConfig expand(const Config& config);
  Iwae(const Config& config, const Context& context) : Autoencoder(expand(config), context) {}
};

}  // namespace aelab
