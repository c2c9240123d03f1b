#pragma once

#include "aelab/evaluation/anomaly_score.h"
#include "aelab/evaluation/samplers/gaussian_samplers.h"

namespace aelab {

/// Minus the logarithm of the density of a row's code, in nats, by a sampler: a distribution that is fitted
/// to the training rows' codes, or the model's prior. Of codes that are made of a codebook's vectors it is
/// that of a probability.
class DensityScore : public AnomalyScore {
 public:
  struct Config {
    static constexpr std::string_view kind = "density";
    static constexpr std::string_view summary =
        "minus the log density of the code, by a distribution of training codes";
    static constexpr std::string_view also_known_as[] = {"code-density", "log-density", "gmm", "kde"};
    Choice<Sampler> sampler = MixtureSampler::Config{};

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  explicit DensityScore(const Config& config) : config_(config), sampler_(config.sampler.make()) {}
  std::string definition() const override;
  std::string unsuited(const Autoencoder& model) const override;
  ScoredRows score(const Autoencoder& model, const Batch& rows, bool explain) const override;
  NamedTensors state() const override { return sampler_->state(); }
  void load(const Autoencoder& model, const NamedTensors& state) override { sampler_->load(model, state); }

 protected:
  void fit_rows(const Autoencoder& model, const Dataset& rows, std::int64_t seed) override;

 private:
  Config config_;
  std::shared_ptr<Sampler> sampler_;
};

}  // namespace aelab
