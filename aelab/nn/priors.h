#pragma once

#include "aelab/nn/prior.h"

namespace aelab {

/// N(0, deviation^2 I), from which Gaussian codes have a KL divergence in closed form.
class StandardPrior : public Prior {
 public:
  struct Config {
    static constexpr std::string_view kind = "standard";
    static constexpr std::string_view summary = "a standard normal distribution, or a wider one";
    static constexpr std::string_view also_known_as[] = {"normal", "gaussian", "standard-normal",
                                                         "isotropic"};
    double deviation = 1;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{}, {.deviation = 2}}; }
  };

  explicit StandardPrior(const Config& config) : deviation_(config.deviation) {}
  Tensor log_density(const Tensor& code) const override;
  Tensor sample_like(const Tensor& like, const Noise& noise) const override;
  Tensor divergence(const DiagonalGaussian& codes) const override {
    return codes.divergence_from_normal(deviation_);
  }
  bool is_factorized() const override { return true; }

 private:
  double deviation_;
};

/// A mixture of Gaussians with diagonal covariances. Weights, means and variances are learned with the model;
/// they begin as equal weights, means drawn from N(0, 1) and unit variances.
class MixturePrior : public Prior {
 public:
  struct Config {
    static constexpr std::string_view kind = "mixture";
    static constexpr std::string_view summary = "a learned mixture of Gaussians";
    static constexpr std::string_view also_known_as[] = {"mog", "gmm", "mixture-of-gaussians",
                                                         "gaussian-mixture"};
    std::int64_t components = 10;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.components = 3}}; }
  };

  explicit MixturePrior(const Config& config) : config_(config) {}
  void build(const Shape& code, std::int64_t seed, const EncoderAccess&) override;
  Tensor log_density(const Tensor& code) const override;
  Tensor sample_like(const Tensor& like, const Noise& noise) const override;

 private:
  Config config_;
  Tensor logits_, means_, log_variances_;  // [components], [components, code], [components, code]
};

/// The mixture of what the encoder makes of `components` pseudo-inputs, which are learned (VampPrior; Tomczak
/// & Welling 2018, equation 9). Pseudo-inputs lie within the range of the inputs where that has limits.
class VampPrior : public Prior {
 public:
  struct Config {
    static constexpr std::string_view kind = "vamp";
    static constexpr std::string_view summary =
        "the mixture of the encoder's distributions of learned pseudo-inputs";
    static constexpr std::string_view also_known_as[] = {"vampprior", "pseudo-inputs"};
    std::int64_t components = 50;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.components = 3}}; }
  };

  explicit VampPrior(const Config& config) : config_(config) {}
  void build(const Shape& code, std::int64_t seed, const EncoderAccess& encoder) override;
  Tensor log_density(const Tensor& code) const override;
  Tensor sample_like(const Tensor& like, const Noise& noise) const override;
  /// [components, ...input]
  Tensor pseudo_inputs() const;

 private:
  Config config_;
  EncoderAccess encoder_;
  Tensor pseudo_inputs_;  // before they are brought into the range

  DiagonalGaussian components() const;
};

}  // namespace aelab
