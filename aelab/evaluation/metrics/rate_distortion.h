#pragma once

#include "aelab/evaluation/metric.h"

namespace aelab {

/// Where a model lies between a short code and a faithful one (Alemi et al. 2018, "Fixing a broken ELBO"):
/// the rate, which is what its codes cost under the prior, and the distortion, which is what the decoder
/// loses. Their sum is minus the evidence lower bound. By one code of each row, which is a function of `seed`
/// and of the row's place in the evaluated split. Codes from a codebook cost the logarithm of its size for
/// each vector, as under a uniform prior (van den Oord et al. 2017). Not applicable to codes that are neither
/// drawn from a density nor chosen from finitely many: their rate is infinite.
class RateDistortion : public Metric {
 public:
  struct Config {
    static constexpr std::string_view kind = "rate-distortion";
    static constexpr std::string_view summary = "what codes cost, and what the decoder loses, in nats";
    static constexpr std::string_view capabilities[] = {capability::takes_missing};
    static constexpr std::string_view also_known_as[] = {"rate", "distortion"};
    std::int64_t seed = 0;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit RateDistortion(const Config& config) : config_(config) {}
  std::vector<Measure> measures() const override;
  /// For the distortion.
  bool needs_reconstruction() const override { return true; }
  void begin(const Autoencoder& model, const Split& data) override;
  void add(const Observation& observation) override;
  std::vector<std::optional<double>> values() const override;

 private:
  Config config_;
  const Autoencoder* model_ = nullptr;  // outlives this
  bool applies_ = false;
  std::int64_t rows_ = 0;
  double rate_ = 0, distortion_ = 0;  // sums over rows
};

}  // namespace aelab
