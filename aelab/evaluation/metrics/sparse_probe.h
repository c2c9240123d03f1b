#pragma once

#include <array>

#include "aelab/classifiers/logistic_regression.h"
#include "aelab/evaluation/metric.h"

namespace aelab {

/// Whether single code dimensions tell classes (Gurnee et al. 2023, "Finding neurons in a haystack"; as in
/// SAEBench): for each class, a logistic regression on the 1, 2 or 5 code dimensions whose means over the
/// class and over the other rows differ most tells its rows from others. It chooses and is fitted by at most
/// `rows` training rows, drawn by `seed`, and for each class by as many other rows as there are of the class,
/// or the reverse where these are fewer. Its accuracy on the evaluated rows is the mean of that on rows of
/// the class and that on others, so that guessing has .5 whatever the class's share.
///
/// Not applicable without labels and to codes with NaN or infinite values; classes without rows, or without
/// other rows, among those fitted or evaluated are left out.
class SparseProbe : public Metric {
 public:
  struct Config {
    static constexpr std::string_view kind = "sparse-probe";
    static constexpr std::string_view summary =
        "accuracy of logistic regressions on the 1, 2 and 5 code dimensions that separate each class best";
    static constexpr std::string_view capabilities[] = {capability::takes_missing};
    static constexpr std::string_view also_known_as[] = {"sparse-probing"};
    std::int64_t rows = 4000, seed = 0;
    double C = 1;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.rows = 100}}; }
  };

  explicit SparseProbe(const Config& config) : config_(config) {}
  std::vector<Measure> measures() const override;
  bool predicts_classes() const override { return true; }
  void check(const Split& data) const override;
  void begin(const Autoencoder& model, const Split& data) override;
  void add(const Observation& observation) override;
  std::vector<std::optional<double>> values() const override;

 private:
  static constexpr std::array<std::int64_t, 3> kDimensions = {1, 2, 5};
  /// Tells the rows of one class from others by some dimensions.
  struct OfClass {
    std::int64_t number = 0;
    std::array<Tensor, 3> dimensions = {};  // [1, 2, 5] int64
    std::array<std::shared_ptr<Classifier>, 3> classifiers = {};
    std::array<std::int64_t, 3> right_of_class = {}, right_of_others = {};
    std::int64_t rows_of_class = 0, rows_of_others = 0;
  };

  Config config_;
  std::vector<OfClass> classes_;

  void fit(const Tensor& codes, const Tensor& labels, std::int64_t number);
};

}  // namespace aelab
