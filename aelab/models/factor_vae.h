#pragma once

#include "aelab/models/adversary.h"
#include "aelab/nn/gaussian_bottleneck.h"

namespace aelab {

/// Every dimension's values permuted among the rows by themselves, which makes the dimensions independent and
/// keeps each one's distribution (Kim & Mnih 2018, algorithm 1). x [n, code], uniform [n, code] in [0, 1).
Tensor permuted_dimensions(const Tensor& x, const Tensor& uniform);

/// FactorVAE (Kim & Mnih 2018): a variational autoencoder with `gamma` times the total correlation of its
/// codes, which is the discriminator's log ratio of the density of codes to that of codes whose dimensions
/// are permuted. The discriminator learns to tell the first half of a batch from the second half, permuted.
class FactorVae : public WithDiscriminator {
 public:
  struct Config {
    static constexpr std::string_view kind = "factor-vae";
    static constexpr std::string_view summary =
        "variational, with independent code dimensions by a discriminator";
    static constexpr std::string_view also_known_as[] = {"factorvae", "factor"};
    static constexpr std::string_view terms[] = {"total-correlation"};
    AutoencoderConfig base = {};
    GaussianBottleneck::Config latent = {};
    Schedule gamma = 10.0;
    DiscriminatorConfig discriminator = {};

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  static AutoencoderConfig expand(const Config& config);
  FactorVae(const Config& config, const Context& context)
      : WithDiscriminator(expand(config), config.discriminator, context), gamma_(config.gamma) {}

 protected:
  void add_adversary(const Pass& pass, const Step& step, Terms& terms) const override;
  TermOutline adversary() const override {
    return {.name = "total-correlation", .additivity = row_additivity()};
  }
  Tensor discriminator_cost(const Pass& pass, const Step& step) const override;
  Additivity discriminator_additivity() const override { return Additivity::batch; }

 private:
  Schedule gamma_;
};

}  // namespace aelab
