#pragma once

#include "aelab/data/transform.h"

namespace aelab {

enum class NormAverage { mean, root_mean_square };
std::span<const std::string_view> names(NormAverage);

/// One factor for all values of all rows, with which the rows' Euclidean norm is on average as wanted: inputs
/// of sparse dictionaries, whose penalties and thresholds depend on it. The mean of norms becomes the square
/// root of the number of features (Anthropic, "Circuits Updates", April 2024; SAELens's
/// expected_average_only_in), unless `to` and `average` say otherwise: a root mean square of 1 is
/// dictionary_learning's. What models give back is in the units of the rows.
class ScaleNormTransform : public Transform {
 public:
  struct Config {
    static constexpr std::string_view kind = "scale-norm";
    static constexpr std::string_view summary = "one factor for all rows, which sets their average norm";
    static constexpr std::string_view also_known_as[] = {"normalize-activations", "activation-norm",
                                                         "expected-average-only-in", "norm"};
    NormAverage average = NormAverage::mean;
    std::optional<double> to = {};          ///< unset: the square root of the number of features
    std::optional<std::int64_t> rows = {};  ///< unset: all

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  explicit ScaleNormTransform(const Config& config) : config_(config) {}
  /// Where all rows are zero, the factor is 1.
  void fit(const Dataset& train) override;
  Tensor apply(Tensor x, const Draws& draws) const override;
  bool invertible() const override { return true; }
  Tensor invert(const Tensor& y, const Shape& input) const override;
  bool keeps_features() const override { return true; }
  std::vector<std::pair<std::string, Tensor*>> fitted() override { return {{"factor", &factor_}}; }

 private:
  Config config_;
  Tensor factor_;  // []
};

}  // namespace aelab
