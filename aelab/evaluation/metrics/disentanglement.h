#pragma once

#include "aelab/evaluation/metric.h"

namespace aelab {

/// How code dimensions relate to the data's known factors of variation, by the codes and factors of at most
/// `rows` evaluated rows, drawn by `seed`: larger is better, 1 is best. The definitions, their papers and the
/// variants are at the functions that compute them: evaluation/factor_information.h (mig, modularity, sap),
/// factor_predictors.h (the three dci, explicitness), factor_votes.h (beta_vae, factor_vae). The code is what
/// Autoencoder::encode gives, flattened: of a variational autoencoder the mean.
///
/// Factors that are constant among the rows are left out. Not applicable without factors, to codes with NaN
/// or infinite values, and to codes of more than 512 dimensions; with one factor only mig, sap, completeness,
/// informativeness and explicitness are, and with one code dimension completeness is not.
class Disentanglement : public Metric {
 public:
  struct Config {
    static constexpr std::string_view kind = "disentanglement";
    static constexpr std::string_view summary =
        "how code dimensions relate to known factors of variation: MIG, DCI, SAP and others";
    static constexpr std::string_view capabilities[] = {capability::takes_missing};
    static constexpr std::string_view also_known_as[] = {
        "mig", "dci", "sap", "sap-score", "beta-vae-score", "factor-vae-score", "modularity", "explicitness"};
    std::int64_t rows = 10'000, bins = 20, trees = 20, seed = 0;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.rows = 30, .bins = 5, .trees = 3, .seed = 1}}; }
  };

  explicit Disentanglement(const Config& config) : config_(config) {}
  std::vector<Measure> measures() const override;
  void check(const Split& data) const override;
  void add(const Observation& observation) override;
  std::vector<std::optional<double>> values() const override;

 private:
  Config config_;
  std::vector<Tensor> codes_, factors_;  // of the batches, on the CPU
};

}  // namespace aelab
