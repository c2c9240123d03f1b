#pragma once

#include "aelab/evaluation/sampler.h"

namespace aelab {

/// A Gaussian kernel around each training code, whose covariance is that of all codes times the square of a
/// bandwidth: of several the one that makes the codes of a tenth of the rows, which are then left out, most
/// likely.
class KernelSampler : public Sampler {
 public:
  struct Config {
    static constexpr std::string_view kind = "kde";
    static constexpr std::string_view summary = "Gaussian kernels around the training codes";
    static constexpr std::string_view also_known_as[] = {"kernel-density", "parzen"};
    static constexpr std::string_view capabilities[] = {capability::takes_long};
    std::optional<double> bandwidth = {};

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{}, {.bandwidth = 0.5}}; }
  };

  explicit KernelSampler(const Config& config) : config_(config) {}
  Tensor log_density(const Tensor& codes) const override;
  Tensor draw(std::int64_t count, std::int64_t seed) const override;
  NamedTensors state() const override;
  void load(const Autoencoder& model, const NamedTensors& state) override;

 protected:
  void fit_codes(const Autoencoder& model, const Tensor& codes, std::int64_t seed) override;

 private:
  Config config_;
  Tensor codes_, factor_;  // [rows, dimensions]; the covariance's Cholesky factor, times the bandwidth
};

}  // namespace aelab
