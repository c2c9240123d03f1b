#pragma once

#include "aelab/models/autoencoder.h"
#include "aelab/nn/mmd_penalty.h"
#include "aelab/nn/priors.h"

namespace aelab {

/// The Wasserstein autoencoder with the maximum mean discrepancy (Tolstikhin et al. 2018, algorithm 2): a
/// deterministic encoder whose codes together are like draws of N(0, deviation^2 I).
class Wae : public Autoencoder {
 public:
  struct Config {
    static constexpr std::string_view kind = "wae";
    static constexpr std::string_view summary =
        "codes like a normal distribution, by the maximum mean discrepancy";
    static constexpr std::string_view also_known_as[] = {"wae-mmd", "wasserstein"};
    AutoencoderConfig base = {};
    MmdPenalty::Config mmd = {};

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  static AutoencoderConfig expand(const Config& config);
  Wae(const Config& config, const Context& context)
      : Autoencoder(expand(config), context), prior_({.deviation = config.mmd.deviation}) {}
  const Prior* prior() const override { return &prior_; }

 private:
  StandardPrior prior_;
};

}  // namespace aelab
