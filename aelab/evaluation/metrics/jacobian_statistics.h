#pragma once

#include "aelab/evaluation/metric.h"
#include "aelab/evaluation/tangents.h"

namespace aelab {

/// Norms and singular values of the encoder's exact Jacobian J = d code / d input [code, input] (Rifai et al.
/// 2011), and the parts of J along the data's tangent (evaluation/tangents.h), where the data vary, and
/// across it, where they do not: a contractive encoder has little across. Means over the samples for which a
/// statistic is defined (a share of J = 0 is not), among the first `rows` of the evaluated split: the time
/// per sample grows with the cube of the smaller of code and input. Not applicable where J has NaN or
/// infinite values.
class JacobianStatistics : public Metric {
 public:
  struct Config {
    static constexpr std::string_view kind = "jacobian";
    static constexpr std::string_view summary =
        "norm and singular values of the encoder's Jacobian, along and across the data's tangent";
    std::int64_t rows = 200;
    std::int64_t spectrum = 5;
    std::int64_t neighbors = 50;
    std::int64_t tangent = 10;

    void fields(Fields& f);
    static std::vector<Config> examples() {
      return {{.rows = 20, .spectrum = 3, .neighbors = 12, .tangent = 4}};
    }
  };

  explicit JacobianStatistics(const Config& config) : config_(config) {}
  std::vector<Measure> measures() const override;
  void begin(const Autoencoder& model, const Split& data) override;
  void add(const Observation& observation) override;
  std::vector<std::optional<double>> values() const override;

 private:
  Config config_;
  const Autoencoder* model_ = nullptr;  // outlives this
  std::optional<Tangents> tangents_;
  std::int64_t rows_ = 0;  // measured so far
  bool finite_ = true;
  Tensor sums_, counts_;  // of each statistic, over the samples where it is defined
};

}  // namespace aelab
