#pragma once

#include "aelab/nn/parts.h"

namespace aelab {

/// Independent Bernoulli distributions given by their logits: the binary cross-entropy for inputs in [0, 1].
/// Of values between 0 and 1 it is not a likelihood, as their probabilities do not add up to 1.
class BernoulliLikelihood : public Likelihood {
 public:
  struct Config {
    static constexpr std::string_view kind = "bernoulli";
    static constexpr std::string_view summary = "binary cross-entropy from logits, for inputs in [0, 1]";
    static constexpr std::string_view also_known_as[] = {"bce", "binary-cross-entropy", "cross-entropy",
                                                         "bce-with-logits", "bce-loss"};
    void fields(Fields&) {}
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit BernoulliLikelihood(const Config&) {}
  Tensor negative_log(const Tensor& output, const Tensor& target) const override;
  bool is_distribution_of(const Tensor& target) const override;
  Tensor mean(const Tensor& output) const override;
  Tensor draw(const Tensor& output, const Step& step) const override;
  Bounds support() const override { return between(0, 1); }
};

enum class GaussianMean { identity, sigmoid };
std::span<const std::string_view> names(GaussianMean);

/// Independent Gaussian distributions with one standard deviation for all features: half the squared error
/// over its square, plus its logarithm for each feature. The deviation is fixed, or learned as a parameter
/// from that on (Rybkin, Daniilidis & Levine 2021, section 3.1).
class GaussianLikelihood : public Likelihood {
 public:
  struct Config {
    static constexpr std::string_view kind = "gaussian";
    static constexpr std::string_view summary = "squared error in units of a deviation, fixed or learned";
    static constexpr std::string_view also_known_as[] = {"mse",           "mse-loss", "mean-squared-error",
                                                         "squared-error", "l2",       "normal"};
    GaussianMean mean = GaussianMean::identity;
    double deviation = 1;
    bool learned = false;

    void fields(Fields& f);
    static std::vector<Config> examples() {
      return {{}, {.mean = GaussianMean::sigmoid, .deviation = 0.5}, {.deviation = 0.7, .learned = true}};
    }
  };

  explicit GaussianLikelihood(const Config& config);
  Tensor negative_log(const Tensor& output, const Tensor& target) const override;
  double constant(const Shape& input) const override;
  Tensor mean(const Tensor& output) const override;
  Tensor draw(const Tensor& output, const Step& step) const override;
  bool mean_is_output() const override { return config_.mean == GaussianMean::identity; }

 private:
  Config config_;
  Tensor log_deviation_;  // parameter []; undefined where it is fixed
};

/// Independent Gaussian distributions whose means and variances the decoder gives, for each row and feature
/// (Nix & Weigend 1994): half of the logarithm of the variance plus half the squared error over the variance.
/// Unlike the other Gaussian it learns how exact a reconstruction is. Where errors can vanish, the smallest
/// variance bounds it from below.
class HeteroscedasticLikelihood : public Likelihood {
 public:
  struct Config {
    static constexpr std::string_view kind = "heteroscedastic";
    static constexpr std::string_view summary =
        "Gaussian with the mean and the variance of each feature learned";
    static constexpr std::string_view also_known_as[] = {"gaussian-nll", "gaussian-nll-loss", "mean-variance",
                                                         "learned-variance", "diagonal-gaussian"};
    GaussianMean mean = GaussianMean::identity;
    double smallest_variance = 1e-6;

    void fields(Fields& f);
    static std::vector<Config> examples() {
      return {{}, {.mean = GaussianMean::sigmoid, .smallest_variance = 1e-3}};
    }
  };

  explicit HeteroscedasticLikelihood(const Config& config) : config_(config) {}
  /// Twice the features or channels: what the means are of, then the logarithms of the variances.
  Shape output_shape(const Shape& input) const override;
  Tensor negative_log(const Tensor& output, const Tensor& target) const override;
  double constant(const Shape& input) const override;
  Tensor mean(const Tensor& output) const override;
  Tensor draw(const Tensor& output, const Step& step) const override;

 private:
  Config config_;

  /// The logarithms of the variances, [batch, ...input].
  Tensor log_variance(const Tensor& output) const;
};

}  // namespace aelab
