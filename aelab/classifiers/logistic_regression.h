#pragma once

#include "aelab/classifiers/linear_classifier.h"

namespace aelab {

/// Multinomial logistic regression: minimizes C * (sum over rows of -log softmax(W z + b)[label]) + |W|^2 / 2
/// as scikit-learn's LogisticRegression does, the bias without penalty, by L-BFGS in float64, until no
/// element of the gradient of that objective / (C * rows) exceeds 3e-6.
class LogisticRegression : public LinearClassifier {
 public:
  struct Config {
    static constexpr std::string_view kind = "logistic-regression";
    static constexpr std::string_view summary = "softmax of linear scores, L2-regularised";
    double C = 1;
    bool standardize = true;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{}, {.C = 10, .standardize = false}}; }
  };

  explicit LogisticRegression(const Config& config)
      : LinearClassifier(Config::kind, config.C, config.standardize) {}

 protected:
  at::Tensor solve(const at::Tensor& z, const at::Tensor& labels, std::int64_t classes,
                   double C) const override;
};

}  // namespace aelab
