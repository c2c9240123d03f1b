#include "aelab/classifiers/linear_classifier.h"

#include <ATen/ATen.h>

#include <limits>

namespace aelab {

void LinearClassifier::fit(const at::Tensor& features, const at::Tensor& labels, std::int64_t classes,
                           std::int64_t /*seed*/) {
  check_training_rows(name_, features, labels, classes);
  scale_ = FeatureScale(features, standardize_);
  const auto scaled = scale_(features);
  const auto z = at::cat({scaled, at::ones({scaled.size(0), 1}, at::kDouble)}, 1);
  const auto [present, numbers, counts] = at::_unique2(labels.cpu(), /*sorted=*/true, /*inverse=*/true);
  const auto solution = solve(z, numbers, present.size(0), C_);
  weight_ = at::zeros({classes, scaled.size(1)}, at::kDouble);
  bias_ = at::full({classes}, -std::numeric_limits<double>::infinity(), at::kDouble);
  weight_.index_copy_(0, present, solution.slice(1, 0, -1));
  bias_.index_copy_(0, present, solution.select(1, -1));
}

at::Tensor LinearClassifier::predict(const at::Tensor& features) const {
  const auto z = scale_(features);
  return at::addmm(bias_, z, weight_.t()).argmax(1);
}

Classifier::State LinearClassifier::state() const {
  State state;
  scale_.save(state);
  state.emplace_back("weight", weight_);
  state.emplace_back("bias", bias_);
  return state;
}

void LinearClassifier::load(const State& state) {
  scale_.load(state);
  weight_ = saved(state, "weight");
  bias_ = saved(state, "bias");
}

bool LinearClassifier::set_strength(double C) {
  C_ = C;
  return true;
}

}  // namespace aelab
