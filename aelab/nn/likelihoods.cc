#include "aelab/nn/likelihoods.h"

#include <ATen/ATen.h>

#include <array>
#include <cmath>

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

namespace {

void mean_field(Fields& f, GaussianMean& mean) {
  f("mean", mean, "activation of the output: identity, or sigmoid for inputs in [0, 1]")
      .also_known_as({"output_activation"});
}

Tensor mean_of(GaussianMean mean, const Tensor& output) {
  return mean == GaussianMean::sigmoid ? at::sigmoid(output) : output;
}

}  // namespace

void GaussianLikelihood::Config::fields(Fields& f) { mean_field(f, mean); }

Tensor GaussianLikelihood::negative_log(const Tensor& output, const Tensor& target) const {
  return 0.5 * (mean(output) - target).square().flatten(1).sum(1);
}

Tensor GaussianLikelihood::mean(const Tensor& output) const { return mean_of(mean_, output); }

void HeteroscedasticLikelihood::Config::fields(Fields& f) {
  mean_field(f, mean);
  f("smallest_variance", smallest_variance, "smallest variance of a feature", above(0))
      .also_known_as({"eps", "epsilon", "min_variance"});
}

Shape HeteroscedasticLikelihood::output_shape(const Shape& input) const {
  auto shape = input;
  shape.front() *= 2;
  return shape;
}

Tensor HeteroscedasticLikelihood::mean(const Tensor& output) const {
  return mean_of(config_.mean, output.narrow(1, 0, output.size(1) / 2));
}

Tensor HeteroscedasticLikelihood::negative_log(const Tensor& output, const Tensor& target) const {
  constexpr double kLargest = 40;  // keeps variances finite
  const auto half = output.size(1) / 2;
  const auto log_variance = output.narrow(1, half, half).clamp(std::log(config_.smallest_variance), kLargest);
  const auto error = (mean(output) - target).square() * (-log_variance).exp();
  return 0.5 * (error + log_variance).flatten(1).sum(1);
}

}  // namespace aelab
