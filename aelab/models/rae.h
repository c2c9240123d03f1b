#pragma once

#include "aelab/models/autoencoder.h"
#include "aelab/nn/code_penalties.h"
#include "aelab/nn/penalties.h"

namespace aelab {

enum class RaeDecoder { none, l2, gradient };
std::span<const std::string_view> names(RaeDecoder);

/// The regularized autoencoder (Ghosh et al. 2020): deterministic, with half the squared norm of the code and
/// a regularized decoder, by weight decay ("l2") or by its Jacobian ("gradient"). New samples come from a
/// distribution that is fitted to the codes of the training rows.
class Rae : public Autoencoder {
 public:
  struct Config {
    static constexpr std::string_view kind = "rae";
    static constexpr std::string_view summary = "deterministic, with a regularized code and decoder";
    static constexpr std::string_view also_known_as[] = {"regularized", "rae-l2", "rae-gp", "regularized-ae"};
    AutoencoderConfig base = {};
    Schedule code_weight = 1e-2;
    RaeDecoder decoder_regularization = RaeDecoder::l2;
    Schedule decoder_weight = 1e-5;

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  static AutoencoderConfig expand(const Config& config);
  Rae(const Config& config, const Context& context) : Autoencoder(expand(config), context) {}
};

}  // namespace aelab
