#pragma once

#include "aelab/nn/parts.h"

namespace aelab {

/// The average of the costs over several codes of each row. Of a variational autoencoder it is the evidence
/// lower bound, with the KL divergence in closed form where there is one (Kingma & Welling 2014, equation 7);
/// of codes that are not drawn, the cost itself. Outside training one code is drawn.
class MeanBound : public Bound {
 public:
  struct Config {
    static constexpr std::string_view kind = "mean";
    static constexpr std::string_view summary =
        "the average over samples; of codes with a density, the evidence lower bound (ELBO)";
    static constexpr std::string_view also_known_as[] = {"elbo", "vae", "average", "variational"};
    std::int64_t samples = 1;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{}, {.samples = 3}}; }
  };

  explicit MeanBound(const Config& config) : samples_(config.samples) {}
  std::int64_t samples(const Step& step) const override { return step.training ? samples_ : 1; }
  Divergence divergence() const override { return Divergence::expected; }
  Tensor rows(const Tensor& costs) const override { return costs.mean(1); }

 private:
  std::int64_t samples_;
};

/// The importance-weighted bound (Burda, Grosse & Salakhutdinov 2016, equation 8): the logarithm of the
/// average weight of `samples` codes, which are as many in validation. It is at least the evidence lower
/// bound, and the more samples, the nearer to the log-likelihood; the objective is minus the bound. The
/// average of `estimates` such bounds, each of its own codes, has less noise in its gradient (MIWAE;
/// Rainforth et al. 2018), and so has its mixture with the evidence lower bound of the same codes, which has
/// the weight `elbo_share` (CIWAE, same paper).
class ImportanceWeightedBound : public Bound {
 public:
  struct Config {
    static constexpr std::string_view kind = "importance-weighted";
    static constexpr std::string_view summary = "the log of the average importance weight of samples (IWAE)";
    static constexpr std::string_view also_known_as[] = {"iwae", "miwae", "iw", "importance"};
    std::int64_t samples = 5;
    std::int64_t estimates = 1;
    double elbo_share = 0;

    void fields(Fields& f);
    static std::vector<Config> examples() {
      return {{.samples = 3}, {.samples = 2, .estimates = 2}, {.samples = 3, .elbo_share = 0.25}};
    }
  };

  explicit ImportanceWeightedBound(const Config& config) : config_(config) {}
  std::int64_t samples(const Step&) const override { return config_.samples * config_.estimates; }
  Divergence divergence() const override { return Divergence::drawn; }
  Tensor rows(const Tensor& costs) const override;

 protected:
  /// The weights of each estimate's codes, divided by their sum: [batch, samples].
  Tensor normalized_weights(const Tensor& costs) const;

 private:
  Config config_;
};

/// The importance-weighted bound with the doubly reparameterized gradient of the encoder (DReG; Tucker,
/// Lawson, Gu & Maddison 2019): the derivatives of the log weights by the codes alone, each times its
/// normalized weight squared. It has the same mean as the bound's own gradient, and a signal-to-noise ratio
/// that grows with the number of samples and does not fall. The value is that of the bound, and so is the
/// decoder's gradient.
class DoublyReparameterizedBound : public ImportanceWeightedBound {
 public:
  struct Config : ImportanceWeightedBound::Config {
    static constexpr std::string_view kind = "dreg";
    static constexpr std::string_view summary =
        "the importance-weighted bound with the doubly reparameterized gradient";
    static constexpr std::string_view also_known_as[] = {"doubly-reparameterized", "doubly-reparameterised",
                                                         "iwae-dreg"};
    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  explicit DoublyReparameterizedBound(const Config& config) : ImportanceWeightedBound(config) {}
  Divergence divergence() const override { return Divergence::pathwise; }
  Tensor code_gradient_factors(const Tensor& costs) const override;
  bool has_exact_gradients() const override { return false; }
};

}  // namespace aelab
