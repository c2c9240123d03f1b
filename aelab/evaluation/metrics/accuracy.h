#pragma once

#include "aelab/data/principal_components.h"
#include "aelab/evaluation/metric.h"

namespace aelab {

/// Every number that a tutorial may have meant by the "accuracy" of a reconstruction in [0, 1], each beside
/// its ceiling (the value of a perfect reconstruction) and three baselines: the all-zero image, the training
/// part's mean image, and PCA with a code of equal size, fitted on the training part.
class Accuracy : public Metric {
 public:
  struct Config {
    static constexpr std::string_view kind = "accuracy";
    static constexpr std::string_view summary =
        "candidates for a reconstruction's \"accuracy\", with ceilings and baselines";
    void fields(Fields&) {}
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit Accuracy(const Config&) {}
  std::vector<Measure> measures() const override;
  bool needs_reconstruction() const override { return true; }
  void begin(const Autoencoder& model, const Split& data) override;
  void add(const Observation& observation) override;
  std::vector<std::optional<double>> values() const override;

 private:
  PrincipalComponents pca_;
  std::vector<double> sums_;  // [candidate][reconstruction]
  double numbers_ = 0;
  bool within_unit_ = true;
};

}  // namespace aelab
