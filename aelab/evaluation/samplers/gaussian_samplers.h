#pragma once

#include "aelab/evaluation/sampler.h"

namespace aelab {

/// Gaussians with full covariances and weights, float64.
struct GaussianMixture {
  Tensor weights;      ///< [components]
  Tensor means;        ///< [components, dimensions]
  Tensor covariances;  ///< [components, dimensions, dimensions]

  /// The logarithm of the density: [n, dimensions] -> [n].
  Tensor log_density(const Tensor& rows) const;
  /// The logarithm of weight times density of each component, [n, components].
  Tensor log_joint(const Tensor& rows) const;
  /// [count, dimensions]
  Tensor draw(std::int64_t count, std::int64_t seed) const;
  NamedTensors state() const;
  static GaussianMixture from(const NamedTensors& state);
};

/// A mixture by expectation and maximization (Dempster, Laird & Rubin 1977) from the clusters of k-means,
/// until the mean log-likelihood grows by less than 1e-4 nats or for 200 rounds. `floor` is added to the
/// diagonals of covariances, in units of the codes' mean variance, so that no component collapses onto a row.
GaussianMixture fit_gaussian_mixture(const Tensor& rows, std::int64_t components, double floor,
                                     std::int64_t seed);

/// One Gaussian with the mean and the covariance of the training codes.
class GaussianSampler : public Sampler {
 public:
  struct Config {
    static constexpr std::string_view kind = "gaussian";
    static constexpr std::string_view summary =
        "a Gaussian with the mean and covariance of the training codes";
    static constexpr std::string_view also_known_as[] = {"normal", "full-gaussian"};
    void fields(Fields&) {}
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit GaussianSampler(const Config&) {}
  Tensor log_density(const Tensor& codes) const override { return found_.log_density(codes); }
  Tensor draw(std::int64_t count, std::int64_t seed) const override { return found_.draw(count, seed); }
  NamedTensors state() const override { return found_.state(); }
  void load(const Autoencoder&, const NamedTensors& state) override { found_ = GaussianMixture::from(state); }

 protected:
  void fit_codes(const Autoencoder& model, const Tensor& codes, std::int64_t seed) override;

 private:
  GaussianMixture found_;
};

/// A mixture of Gaussians that is fitted to the training codes (Ghosh et al. 2020).
class MixtureSampler : public Sampler {
 public:
  struct Config {
    static constexpr std::string_view kind = "mixture";
    static constexpr std::string_view summary = "a mixture of Gaussians, fitted to the training codes";
    static constexpr std::string_view also_known_as[] = {"gmm", "gaussian-mixture", "mog"};
    std::int64_t components = 10;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.components = 3}}; }
  };

  explicit MixtureSampler(const Config& config) : config_(config) {}
  Tensor log_density(const Tensor& codes) const override { return found_.log_density(codes); }
  Tensor draw(std::int64_t count, std::int64_t seed) const override { return found_.draw(count, seed); }
  NamedTensors state() const override { return found_.state(); }
  void load(const Autoencoder&, const NamedTensors& state) override { found_ = GaussianMixture::from(state); }

 protected:
  void fit_codes(const Autoencoder& model, const Tensor& codes, std::int64_t seed) override;

 private:
  Config config_;
  GaussianMixture found_;
};

}  // namespace aelab
