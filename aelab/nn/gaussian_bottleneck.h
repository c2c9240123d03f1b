#pragma once

#include "aelab/nn/parts.h"

namespace aelab {

/// The latent variable of a variational autoencoder (Kingma & Welling 2014): the encoder gives the mean and
/// the logarithm of the variance of a diagonal Gaussian, from which codes are drawn, code = mean + deviation
/// noise; the KL divergence to a standard normal prior is added to the objective (their appendix B), or
/// estimated at each code that was drawn for bounds that weigh them. Reads codes as their means.
class GaussianBottleneck : public Bottleneck {
 public:
  struct Config {
    static constexpr std::string_view kind = "gaussian";
    static constexpr std::string_view summary =
        "a diagonal Gaussian and its KL divergence to a standard normal";
    static constexpr std::string_view also_known_as[] = {"variational", "normal", "vae",
                                                         "reparameterization"};
    static constexpr std::string_view terms[] = {"kl"};
    Schedule weight = 1.0;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{}, {.weight = 0.5}}; }
  };

  explicit GaussianBottleneck(const Config& config) : config_(config) {}
  /// Twice the features or channels: the means, then the logarithms of the variances.
  Shape pre_code_shape(const Shape& code) const override;
  Tensor read(const Tensor& pre_code, const Step& step) const override;
  /// Extras: "mean" and "log_variance" [batch, ...code].
  void code(Pass& pass, const Step& step) const override;
  bool samples_codes() const override { return true; }
  bool has_density() const override { return true; }
  Tensor log_density(const Tensor& code, const Tensor& pre_code) const override;
  Tensor log_prior(const Tensor& code) const override;
  std::vector<TermOutline> terms() const override { return {{.name = "kl"}}; }
  void add_terms(const Pass& pass, const Step& step, Terms& terms) const override;
  bool has_slope() const override { return true; }
  Tensor slope(const Tensor& pre_code, const Tensor& code, const Step& step) const override;

 private:
  Config config_;

  Tensor divergence(const Pass& pass) const;
};

}  // namespace aelab
