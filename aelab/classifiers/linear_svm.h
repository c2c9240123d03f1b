#pragma once

#include "aelab/classifiers/linear_classifier.h"

namespace aelab {

/// Linear support vector machine, one class against the rest: for each class minimizes
/// C * (sum over rows of max(0, 1 - y (w z + b))^2) + (|w|^2 + b^2) / 2, y = 1 for the class and -1 for the
/// rest: L2-regularised, L2-loss, as scikit-learn's LinearSVC does. LIBLINEAR (Fan et al. 2008) minimizes
/// the primal objective with its trust-region Newton method, which draws no random numbers, to a gradient of
/// 1e-4 of the first one.
class LinearSvm : public LinearClassifier {
 public:
  struct Config {
    static constexpr std::string_view kind = "linear-svm";
    static constexpr std::string_view summary = "linear support vector machine, by LIBLINEAR";
    double C = 1;
    bool standardize = true;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.C = 0.1}, {.standardize = false}}; }
  };

  explicit LinearSvm(const Config& config) : LinearClassifier(Config::kind, config.C, config.standardize) {}

 protected:
  at::Tensor solve(const at::Tensor& z, const at::Tensor& labels, std::int64_t classes,
                   double C) const override;
};

}  // namespace aelab
