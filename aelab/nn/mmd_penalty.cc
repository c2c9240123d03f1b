#include "aelab/nn/mmd_penalty.h"

#include <ATen/ATen.h>

#include <array>

namespace aelab {

std::span<const std::string_view> names(MmdKernel) {
  static constexpr std::array<std::string_view, 2> kNames = {"inverse-multiquadratic", "rbf"};
  return kNames;
}

void MmdPenalty::Config::fields(Fields& f) {
  schedule_field(f, "weight", weight, "weight of the penalty in the objective", at_least(0))
      .also_known_as({"lambda", "beta", "reg_weight", "strength", "coefficient"});
  fields_beside_weight(f);
}

void MmdPenalty::Config::fields_beside_weight(Fields& f) {
  f("kernel", kernel, "kernel of the discrepancy").also_known_as({"kernel_choice", "kernel_type"});
  f("scales", scales, "widths of the kernels that are summed", above(0)).also_known_as({"bandwidths"});
  f("deviation", deviation, "standard deviation of the normal distribution", above(0))
      .also_known_as({"sigma", "z_var"});
  f.require(!scales.empty(), "scales", "must have at least one");
}

namespace {

Tensor squared_distances(const Tensor& x, const Tensor& y) {
  // By differences: |x|^2 - 2 xy + |y|^2 would lose the digits of near rows.
  return (x.unsqueeze(1) - y.unsqueeze(0)).square().sum(2);
}

/// The mean over pairs of different rows.
Tensor mean_of_pairs(const Tensor& kernel) {
  const auto rows = static_cast<double>(kernel.size(0));
  return (kernel.sum() - kernel.diagonal().sum()) / (rows * (rows - 1));
}

}  // namespace

Tensor mmd_kernel(MmdKernel kind, const Tensor& x, const Tensor& y, double deviation,
                  const std::vector<double>& scales) {
  const auto distances = squared_distances(x, y);
  const double width = 2 * static_cast<double>(x.size(1)) * deviation * deviation;
  Tensor sum;
  for (const double scale : scales) {
    const double c = width * scale;
    const auto one = kind == MmdKernel::rbf ? (distances / -c).exp() : c / (c + distances);
    sum = sum.defined() ? sum + one : one;
  }
  return sum;
}

Tensor squared_mmd(MmdKernel kind, const Tensor& x, const Tensor& y, double deviation,
                   const std::vector<double>& scales) {
  if (x.size(0) < 2 || y.size(0) < 2) return 0 * x.sum();
  const auto between = [&](const Tensor& a, const Tensor& b) {
    return mmd_kernel(kind, a, b, deviation, scales);
  };
  return mean_of_pairs(between(x, x)) + mean_of_pairs(between(y, y)) - 2 * between(x, y).mean();
}

Tensor MmdPenalty::value(const Pass& pass, const Parts&, const Step& step) const {
  const auto codes = pass.code.flatten(1);
  const auto drawn = config_.deviation * step.noise().normal_like("mmd", codes.detach(), pass.samples);
  return squared_mmd(config_.kernel, codes, drawn, config_.deviation, config_.scales);
}

}  // namespace aelab
