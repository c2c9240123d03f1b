#pragma once

#include "aelab/evaluation/anomaly_score.h"

namespace aelab {

/// The squared Mahalanobis distance of a row's code from the mean of the training rows' codes, by their
/// covariance: its diagonal is raised by a millionth of the mean variance, so that it has an inverse where
/// codes do not vary. It is the sum of squares of as many standard normal values as the code has dimensions
/// where codes are normally distributed.
class MahalanobisScore : public AnomalyScore {
 public:
  struct Config {
    static constexpr std::string_view kind = "mahalanobis";
    static constexpr std::string_view summary =
        "squared Mahalanobis distance of the code from the mean of training codes";
    static constexpr std::string_view also_known_as[] = {"mahalanobis-distance", "code-distance"};
    void fields(Fields&) {}
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit MahalanobisScore(const Config&) {}
  std::string definition() const override;
  std::string unsuited(const Autoencoder& model) const override;
  ScoredRows score(const Autoencoder& model, const Batch& rows, bool explain) const override;
  NamedTensors state() const override;
  void load(const Autoencoder& model, const NamedTensors& state) override;

 protected:
  void fit_rows(const Autoencoder& model, const Dataset& rows, std::int64_t seed) override;

 private:
  Tensor mean_, factor_;  // [dimensions]; the covariance's Cholesky factor; float64
};

}  // namespace aelab
