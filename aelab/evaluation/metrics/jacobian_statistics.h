#pragma once

#include "aelab/evaluation/metric.h"
#include "aelab/evaluation/tangents.h"

namespace aelab {

/// How the code changes with the input: of J = d code / d input [code, input], exactly, the norms and
/// singular values (Rifai et al. 2011), and how much of J lies along the data's tangent
/// (evaluation/tangents.h), where the data vary, and how much across it, where they do not. A contractive
/// encoder is one that has little across. Means over samples: those where a measure is defined (a share of J
/// = 0 is not), and only over the first `rows` of the evaluated part, since a sample costs a matrix and its
/// singular values: time grows with the cube of the smaller of code and input. Not applicable where J is not
/// finite.
class JacobianStatistics : public Metric {
 public:
  struct Config {
    static constexpr std::string_view kind = "jacobian";
    static constexpr std::string_view summary =
        "norm and singular values of the encoder's Jacobian, along and across the data's tangent";
    std::int64_t rows = 200;
    std::int64_t spectrum = 5;
    std::int64_t neighbours = 50;
    std::int64_t tangent = 10;

    void fields(Fields& f);
    static std::vector<Config> examples() {
      return {{.rows = 20, .spectrum = 3, .neighbours = 12, .tangent = 4}};
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
