#pragma once

#include "aelab/evaluation/metric.h"

namespace aelab {

/// How the code is used, over the whole set. A code of any shape is flattened. Codes are not kept; for the
/// effective rank a [dimensions, dimensions] matrix is, so codes of more than 4096 dimensions have none.
///
/// Effective rank: Roy, Vetterli, "The effective rank: a measure of effective dimensionality", EUSIPCO 2007.
class CodeStatistics : public Metric {
 public:
  struct Config {
    static constexpr std::string_view kind = "code";
    static constexpr std::string_view summary =
        "activity, sparsity, effective rank and saturation of the code";
    static constexpr std::string_view capabilities[] = {capability::takes_missing};
    void fields(Fields&) {}
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit CodeStatistics(const Config&) {}
  std::vector<Measure> measures() const override;
  void begin(const Autoencoder& model, const Split& data) override;
  void add(const Observation& observation) override;
  std::vector<std::optional<double>> values() const override;

 private:
  std::int64_t rows_ = 0, active_ = 0, saturated_ = 0;
  double sum_ = 0, largest_ = 0;  // of the values, and of their absolute values
  bool can_be_zero_ = true;
  bool within_unit_ = true;    // all values lie in [0, 1]
  Tensor ever_active_;         // [units]
  Tensor origin_;              // [units], the first code: the moments below are of differences to it
  Tensor moments_, products_;  // [units] and [units, units], in float64

  void begin_with(const Tensor& first);
  std::optional<double> effective_rank() const;
};

}  // namespace aelab
