#pragma once

#include "aelab/nn/feature_groups.h"
#include "aelab/nn/parts.h"

namespace aelab {

/// Distributions of counts.
enum class CountDistribution {
  poisson,
  negative_binomial,
  zero_inflated_poisson,
  zero_inflated_negative_binomial,
};
std::span<const std::string_view> names(CountDistribution);

/// Independent distributions for the columns of a table: Gaussian for numbers, categorical (softmax) for
/// categories, Bernoulli for flags, and for counts Poisson or negative binomial (Eraslan et al. 2019; Lopez
/// et al. 2018), also zero-inflated: a zero of its own with a probability that the decoder gives for each
/// cell. Rates are exp(output), at most e^30. The negative binomial has mean m and dispersion r, which is a
/// parameter of each column: variance m + m^2 / r.
///
/// Cells that are missing, NaN in the target, have no loss and no gradient: the likelihood is that of the
/// cells that are known. negative_log() has all constants, since how many cells are known differs from row to
/// row; log y! and log Gamma of targets that are no whole numbers are those of their continuation.
class MixedLikelihood : public Likelihood {
 public:
  struct Config {
    static constexpr std::string_view kind = "mixed";
    static constexpr std::string_view summary =
        "numbers, categories, flags and counts of a table, of which cells may be missing";
    static constexpr std::string_view also_known_as[] = {"heterogeneous",     "tabular", "softmax",
                                                         "categorical",       "poisson", "zinb",
                                                         "negative-binomial", "masked"};
    static constexpr std::string_view capabilities[] = {capability::takes_missing};
    FeatureGroups features = {};  ///< empty: those of the data
    double deviation = 1;
    bool learned = false;
    CountDistribution counts = CountDistribution::negative_binomial;

    void fields(Fields& f);
    static std::vector<Config> examples();
    static Shape example_input() { return {10}; }
  };

  explicit MixedLikelihood(const Config& config);
  /// A number for each feature, and two where it is a zero-inflated count. Throws a FieldError of
  /// "features" if the input is not rows of these features.
  Shape output_shape(const Shape& input) const override;
  Tensor negative_log(const Tensor& output, const Tensor& target) const override;
  bool is_distribution_of(const Tensor& target) const override;
  Tensor mean(const Tensor& output) const override;
  /// Counts by inversion of their distribution function, so that a row's draw is a function of its noise.
  Tensor draw(const Tensor& output, const Step& step) const override;
  bool mean_is_output() const override { return config_.features.empty(); }

 private:
  Config config_;
  Tensor
      log_deviation_;  // parameter [numeric features], or [] where the features are not known; or undefined
  Tensor log_dispersion_;  // parameter [counts], or undefined

  bool has_dispersion() const;
  bool has_zeros() const;  // whether counts are zero-inflated
  /// Calls `visit(kind, first feature, features, first output, first of its kind)` for each group.
  template <class Visit>
  void for_each_group(Visit visit) const;
  /// [batch, features] of numbers with these means, and of counts with these outputs.
  Tensor gaussian_cost(const Tensor& mean, const Tensor& target, std::int64_t first) const;
  Tensor count_cost(const Tensor& output, const Tensor& target, std::int64_t first) const;
  Tensor deviation(std::int64_t first, std::int64_t width, const Tensor& like) const;
};

}  // namespace aelab
