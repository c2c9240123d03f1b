#pragma once

#include "aelab/data/principal_components.h"
#include "aelab/evaluation/metric.h"

namespace aelab {

/// How far a model is from principal component analysis with as many components as the code has dimensions,
/// fitted to the training split: the best that a linear code can do. A linear decoder is also compared by the
/// angles between the space that its columns span and that of the components (Baldi & Hornik 1989; principal
/// angles: Bjorck & Golub 1973). The largest angle needs components whose variances differ from those left
/// out. Not applicable: all of it to codes larger than the input; the gap where PCA's error is
/// no more than float32's rounding; angles
/// to other decoders, to those that span fewer dimensions than the code has, and where PCA does.
class PcaGap : public Metric {
 public:
  struct Config {
    static constexpr std::string_view kind = "pca-gap";
    static constexpr std::string_view summary =
        "the error relative to PCA's, and a linear decoder's principal angles to it";
    void fields(Fields&) {}
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit PcaGap(const Config&) {}
  std::vector<Measure> measures() const override;
  bool needs_reconstruction() const override { return true; }
  void begin(const Autoencoder& model, const Split& data) override;
  void add(const Observation& observation) override;
  std::vector<std::optional<double>> values() const override;

 private:
  PrincipalComponents pca_;
  bool applies_ = false;  // the code is no larger than the input
  std::optional<double> mean_angle_, largest_angle_;
  std::int64_t rows_ = 0;
  double error_ = 0, pca_error_ = 0, spread_ = 0;  // squared, sums over samples; about PCA's mean
  double squares_ = 0, values_ = 0;                // of the samples' values: sum of squares, and number

  std::optional<double> error_gap() const;
};

}  // namespace aelab
