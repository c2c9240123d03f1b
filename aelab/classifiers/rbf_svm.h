#pragma once

#include "aelab/classifiers/features.h"

namespace aelab {

/// Support vector machine with the kernel exp(-gamma |x - y|^2), hinge loss, one class against one: LIBSVM's
/// C-SVC (Chang & Lin 2011), each pair of classes solved until the optimality conditions hold to 1e-3. Of
/// classes with equally many votes the first wins, as in scikit-learn's SVC.
///
/// Its state: the scale; "support_vectors" [vectors, features], scaled and sorted by class; "counts"
/// [classes with rows] int64, how many belong to each; "classes", their numbers; "coefficients" [classes with
/// rows - 1, vectors] and "rho" [pairs] as LIBSVM lays them out; "gamma" [].
class RbfSvm : public Classifier {
 public:
  struct Config {
    static constexpr std::string_view kind = "rbf-svm";
    static constexpr std::string_view summary = "support vector machine with a Gaussian kernel, by LIBSVM";
    double C = 1;
    std::optional<double> gamma = {};
    bool standardize = true;
    std::int64_t rows_limit = 10'000;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.C = 10}, {.gamma = 0.05, .standardize = false}}; }
  };

  explicit RbfSvm(const Config& config) : config_(config) {}
  void fit(const at::Tensor& features, const at::Tensor& labels, std::int64_t classes,
           std::int64_t seed) override;
  at::Tensor predict(const at::Tensor& features) const override;
  State state() const override;
  void load(const State& state) override;
  bool set_strength(double C) override;
  std::optional<std::int64_t> rows_limit() const override { return config_.rows_limit; }

 private:
  Config config_;
  FeatureScale scale_;
  at::Tensor support_vectors_, counts_, classes_, coefficients_, rho_, gamma_;

  at::Tensor votes(const at::Tensor& z) const;
};

}  // namespace aelab
