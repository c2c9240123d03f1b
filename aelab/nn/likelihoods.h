#pragma once

#include "aelab/nn/parts.h"

namespace aelab {

/// Independent Bernoulli distributions given by their logits: the binary cross-entropy for inputs in [0, 1].
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
  Tensor mean(const Tensor& output) const override;
  Bounds support() const override { return between(0, 1); }
};

enum class GaussianMean { identity, sigmoid };
std::span<const std::string_view> names(GaussianMean);

/// Independent Gaussian distributions of unit variance: half the squared error.
class GaussianLikelihood : public Likelihood {
 public:
  struct Config {
    static constexpr std::string_view kind = "gaussian";
    static constexpr std::string_view summary = "half the squared error";
    static constexpr std::string_view also_known_as[] = {"mse",           "mse-loss", "mean-squared-error",
                                                         "squared-error", "l2",       "normal"};
    GaussianMean mean = GaussianMean::identity;

    void fields(Fields& f) {
      f("mean", mean, "activation of the output: identity, or sigmoid for inputs in [0, 1]")
          .also_known_as({"output_activation"});
    }
    static std::vector<Config> examples() { return {{}, {.mean = GaussianMean::sigmoid}}; }
  };

  explicit GaussianLikelihood(const Config& config) : mean_(config.mean) {}
  Tensor negative_log(const Tensor& output, const Tensor& target) const override;
  Tensor mean(const Tensor& output) const override;
  bool mean_is_output() const override { return mean_ == GaussianMean::identity; }

 private:
  GaussianMean mean_;
};

}  // namespace aelab
