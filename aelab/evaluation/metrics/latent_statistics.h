#pragma once

#include "aelab/evaluation/latent_use.h"
#include "aelab/evaluation/metric.h"

namespace aelab {

/// How codes that are drawn from diagonal Gaussians differ from their prior, and what they tell of the rows.
/// The mutual information is estimated from the first `rows` evaluated rows, one code each, which is a
/// function of `seed` and of the row's place in the evaluated split. Not applicable to other codes.
class LatentStatistics : public Metric {
 public:
  struct Config {
    static constexpr std::string_view kind = "latent";
    static constexpr std::string_view summary =
        "KL divergence, mutual information and active units of random codes";
    static constexpr std::string_view capabilities[] = {capability::takes_missing};
    static constexpr std::string_view also_known_as[] = {"kl", "active-units", "mutual-information",
                                                         "posterior-collapse"};
    std::int64_t rows = 2000;
    std::int64_t seed = 0;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.rows = 30}}; }
  };

  explicit LatentStatistics(const Config& config) : config_(config) {}
  std::vector<Measure> measures() const override;
  void begin(const Autoencoder& model, const Split& data) override;
  void add(const Observation& observation) override;
  std::vector<std::optional<double>> values() const override;
  std::vector<std::string> cautions() const override;

 private:
  Config config_;
  const Autoencoder* model_ = nullptr;  // outlives this
  bool applies_ = false;
  LatentUse use_;
  double drawn_divergence_ = 0;                                     // sum over rows, by one code of each
  std::vector<Tensor> codes_, means_, log_variances_, log_priors_;  // of the first rows
};

}  // namespace aelab
