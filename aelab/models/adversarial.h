#pragma once

#include "aelab/models/adversary.h"
#include "aelab/nn/priors.h"

namespace aelab {

/// The adversarial autoencoder (Makhzani et al. 2016): a discriminator learns to tell codes from draws of
/// N(0, deviation^2 I), and the encoder to be taken for these. The encoder's cost is -log of the
/// discriminator's probability that a code is such a draw (non-saturating, Goodfellow et al. 2014), times
/// `weight`. Codes are not drawn by default: any bottleneck may be chosen.
class Adversarial : public WithDiscriminator {
 public:
  struct Config {
    static constexpr std::string_view kind = "adversarial";
    static constexpr std::string_view summary = "codes like a normal distribution, by a discriminator";
    static constexpr std::string_view also_known_as[] = {"aae", "adversarial-ae", "wae-gan"};
    static constexpr std::string_view terms[] = {"adversary"};
    AutoencoderConfig base = {};
    Schedule weight = 1.0;
    double deviation = 1;
    DiscriminatorConfig discriminator = {.optimizer =
                                             Adam::Config{.learning_rate = 1e-3, .beta1 = 0.5, .beta2 = 0.9}};

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  static AutoencoderConfig expand(const Config& config);
  Adversarial(const Config& config, const Context& context)
      : WithDiscriminator(expand(config), config.discriminator, context),
        weight_(config.weight),
        prior_({.deviation = config.deviation}) {}
  const Prior* prior() const override { return &prior_; }

 protected:
  void add_adversary(const Pass& pass, const Step& step, Terms& terms) const override;
  TermOutline adversary() const override { return {.name = "adversary", .additivity = row_additivity()}; }
  Tensor discriminator_cost(const Pass& pass, const Step& step) const override;
  Additivity discriminator_additivity() const override { return row_additivity(); }

 private:
  Schedule weight_;
  StandardPrior prior_;
};

}  // namespace aelab
