#include "aelab/evaluation/feature_costs.h"

#include <ATen/ATen.h>

namespace aelab {
namespace {

/// Outputs [n, numbers x channels, ...] as those of n x features rows of one feature, [.., numbers].
Tensor output_of_single_features(const Tensor& output, std::int64_t numbers) {
  return output.flatten(1).unflatten(1, {numbers, -1}).transpose(1, 2).flatten(0, 1).contiguous();
}

/// Of a likelihood that may be a sum of equal terms: whether it is one is for feature_costs() to see.
Tensor costs_of_single_features(const Likelihood& likelihood, const Tensor& output, const Tensor& target,
                                std::int64_t numbers) {
  const auto rows = target.numel();
  auto shape = Shape(target.sizes().begin() + 1, target.sizes().end());
  std::fill(shape.begin(), shape.end(), 1);
  auto of_output = likelihood.output_shape(shape), of_target = shape;
  for (auto* sizes : {&of_output, &of_target}) sizes->insert(sizes->begin(), rows);
  if (elements(of_output) != rows * numbers) return {};
  return likelihood
      .negative_log(output_of_single_features(output, numbers).view(of_output),
                    target.reshape({-1}).view(of_target))
      .view({target.size(0), -1});
}

}  // namespace

Tensor feature_costs(const Likelihood& likelihood, const Tensor& output, const Tensor& target) {
  constexpr double kRelative = 1e-3, kAbsolute = 1e-3;
  const auto numbers = output.numel() / target.numel();
  if (numbers < 1 || numbers > 2 || output.numel() % target.numel() != 0) return {};
  Tensor costs;
  try {
    costs = costs_of_single_features(likelihood, output, target, numbers);
  } catch (const std::exception&) {  // it takes rows of its own features alone
    return {};
  }
  if (!costs.defined()) return {};
  const auto sums = costs.sum(1, /*keepdim=*/false, at::kDouble);
  const auto whole = likelihood.negative_log(output, target).to(at::kDouble);
  const bool adds_up =
      at::allclose(sums, whole, kRelative, kAbsolute * costs.abs().sum(1).mean().item<double>() + 1e-12,
                   /*equal_nan=*/true);
  return adds_up ? costs : Tensor();
}

}  // namespace aelab
