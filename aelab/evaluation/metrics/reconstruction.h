#pragma once

#include "aelab/evaluation/metric.h"

namespace aelab {

/// How near the reconstruction is to the input.
class Reconstruction : public Metric {
 public:
  struct Config {
    static constexpr std::string_view kind = "reconstruction";
    static constexpr std::string_view summary =
        "errors of the reconstruction, and the share of variance that it explains";
    void fields(Fields&) {}
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit Reconstruction(const Config&) {}
  std::vector<Measure> measures() const override;
  bool needs_reconstruction() const override { return true; }
  void add(const Observation& observation) override;
  std::vector<std::optional<double>> values() const override;

 private:
  std::int64_t rows_ = 0, features_ = 0;
  double squared_ = 0, cross_entropy_ = 0;
  bool within_unit_ = true;  // inputs and reconstructions lie in [0, 1]
  Tensor sum_, squares_;     // of the inputs' features, in float64
};

}  // namespace aelab
