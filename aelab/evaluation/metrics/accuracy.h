#pragma once

#include "aelab/data/principal_components.h"
#include "aelab/evaluation/metric.h"

namespace aelab {

/// The quantities that tutorials call the "accuracy" of a reconstruction in [0, 1], each with its ceiling
/// (the value of a perfect reconstruction) and three baselines: the all-zero image, the mean image of the
/// training split, and PCA with as many components as the code has dimensions, fitted to the training split.
/// Not applicable where an input or a reconstruction leaves [0, 1].
class Accuracy : public Metric {
 public:
  struct Config {
    static constexpr std::string_view kind = "accuracy";
    static constexpr std::string_view summary =
        "candidate definitions of reconstruction \"accuracy\", with ceilings and baselines";
    static constexpr std::string_view capabilities[] = {capability::takes_missing};
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
