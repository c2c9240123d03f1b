#pragma once

#include "aelab/evaluation/anomaly_score.h"

namespace aelab {

/// The squared error between a row and its reconstruction, summed over features, of the values that the model
/// sees. With `scaled`, each feature's is divided by its mean over the rows that the score was fitted to,
/// plus a share `floor` of the mean over all features: features that are always reconstructed badly then
/// count no more than others, and one that never varied does not decide alone.
class ReconstructionScore : public AnomalyScore {
 public:
  struct Config {
    static constexpr std::string_view kind = "reconstruction";
    static constexpr std::string_view summary =
        "squared reconstruction error, summed over features, each optionally in units of its mean";
    static constexpr std::string_view also_known_as[] = {"reconstruction-error", "mse", "error",
                                                         "squared-error"};
    bool scaled = false;
    double floor = 0.01;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{}, {.scaled = true}}; }
  };

  explicit ReconstructionScore(const Config& config) : config_(config) {}
  std::string definition() const override;
  ScoredRows score(const Autoencoder& model, const Batch& rows, bool explain) const override;
  NamedTensors state() const override;
  void load(const Autoencoder& model, const NamedTensors& state) override;

 protected:
  void fit_rows(const Autoencoder& model, const Dataset& rows, std::int64_t seed) override;

 private:
  Config config_;
  Tensor scale_;  // [features] float64; undefined where errors are not scaled
};

}  // namespace aelab
