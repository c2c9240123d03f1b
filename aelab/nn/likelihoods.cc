#include "aelab/nn/likelihoods.h"

#include <ATen/ATen.h>

#include <array>

#include "aelab/nn/cross_entropy.h"

namespace aelab {

Tensor BernoulliLikelihood::negative_log(const Tensor& output, const Tensor& target) const {
  return cross_entropy_of_logits(output, target);
}

Tensor BernoulliLikelihood::mean(const Tensor& output) const { return at::sigmoid(output); }

std::span<const std::string_view> names(GaussianMean) {
  static constexpr std::array<std::string_view, 2> kNames = {"identity", "sigmoid"};
  return kNames;
}

Tensor GaussianLikelihood::negative_log(const Tensor& output, const Tensor& target) const {
  return 0.5 * (mean(output) - target).square().flatten(1).sum(1);
}

Tensor GaussianLikelihood::mean(const Tensor& output) const {
  return mean_ == GaussianMean::sigmoid ? at::sigmoid(output) : output;
}

}  // namespace aelab
