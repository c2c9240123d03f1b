#pragma once

#include "aelab/evaluation/anomaly_score.h"

namespace aelab {

/// Minus the log-likelihood of a row in nats, all constants included. Where codes are drawn from a density,
/// by importance sampling with `samples` codes (Burda, Grosse & Salakhutdinov 2016, equation 8), drawn of the
/// same random numbers for all rows. For other models minus the log-likelihood given the row's code, which is
/// no density of rows.
///
/// Where the likelihood is not a distribution of such rows, as the cross-entropy of gray values, it is the
/// cost that the model was trained by. Contributions of features are those to minus the log-likelihood given
/// a code, the mean over the codes that were drawn; the divergence of codes from their prior is no feature's.
class LikelihoodScore : public AnomalyScore {
 public:
  struct Config {
    static constexpr std::string_view kind = "likelihood";
    static constexpr std::string_view summary =
        "minus the log-likelihood: of rows where codes have a density, else given the code";
    static constexpr std::string_view also_known_as[] = {"nll", "elbo", "negative-log-likelihood",
                                                         "reconstruction-probability"};
    std::int64_t samples = 20;
    std::int64_t seed = 0;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.samples = 5}}; }
  };

  explicit LikelihoodScore(const Config& config) : config_(config) {}
  std::string definition() const override;
  ScoredRows score(const Autoencoder& model, const Batch& rows, bool explain) const override;
  NamedTensors state() const override { return {}; }
  void load(const Autoencoder& model, const NamedTensors& state) override;

 protected:
  void fit_rows(const Autoencoder&, const Dataset&, std::int64_t) override {}

 private:
  Config config_;

  ScoredRows score_drawn(const Autoencoder& model, const Batch& rows, bool explain) const;
};

}  // namespace aelab
