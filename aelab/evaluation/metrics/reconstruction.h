#pragma once

#include "aelab/evaluation/metric.h"

namespace aelab {

/// Errors of the reconstruction. Sums are taken in float64; the explained variance is computed about the
/// first row, so that data far from the origin lose no digits. Not applicable: the cross-entropy where an
/// input or a reconstruction leaves [0, 1], the explained variance where all rows are equal. Missing cells
/// take no part.
class Reconstruction : public Metric {
 public:
  struct Config {
    static constexpr std::string_view kind = "reconstruction";
    static constexpr std::string_view summary = "errors of the reconstruction, and R squared";
    static constexpr std::string_view capabilities[] = {capability::takes_missing};
    static constexpr std::string_view also_known_as[] = {
        "mse", "rmse", "mae", "r2", "mean-squared-error", "squared-error", "error", "loss"};
    void fields(Fields&) {}
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit Reconstruction(const Config&) {}
  std::vector<Measure> measures() const override;
  bool needs_reconstruction() const override { return true; }
  void add(const Observation& observation) override;
  std::vector<std::optional<double>> values() const override;

 private:
  std::int64_t rows_ = 0;
  double squared_ = 0, cross_entropy_ = 0;
  bool within_unit_ = true;  // inputs and reconstructions lie in [0, 1]
  Tensor origin_;            // [features], the first row
  Tensor sum_, squares_;     // [features] in float64, of the inputs minus the origin
  Tensor known_;             // [features] in float64, numbers of rows whose cell is not missing
};

}  // namespace aelab
