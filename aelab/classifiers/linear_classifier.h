#pragma once

#include "aelab/classifiers/features.h"

namespace aelab {

/// Predicts the class with the largest score, scores = W z + b of the scaled features z. Its state: the
/// scale, "weight" [classes, features] and "bias" [classes], float64; the bias of a class without rows in
/// training is -infinity.
class LinearClassifier : public Classifier {
 public:
  void fit(const at::Tensor& features, const at::Tensor& labels, std::int64_t classes,
           std::int64_t seed) final;
  at::Tensor predict(const at::Tensor& features) const final;
  State state() const final;
  void load(const State& state) final;
  bool set_strength(double C) final;

 protected:
  LinearClassifier(std::string_view name, double C, bool standardize)
      : name_(name), C_(C), standardize_(standardize) {}

  /// [classes, features + 1]: weights, and the biases in the last column. z [rows, features + 1] ends with a
  /// column of ones; every class has rows.
  virtual at::Tensor solve(const at::Tensor& z, const at::Tensor& labels, std::int64_t classes,
                           double C) const = 0;

 private:
  std::string name_;
  double C_;
  bool standardize_;
  FeatureScale scale_;
  at::Tensor weight_, bias_;
};

}  // namespace aelab
