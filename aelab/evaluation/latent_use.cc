#include "aelab/evaluation/latent_use.h"

#include <ATen/ATen.h>

#include <cmath>

#include "aelab/core/signals.h"

namespace aelab {

void LatentUse::add(const DiagonalGaussian& codes, const Prior& prior) {
  const auto mean = codes.mean.flatten(1).to(at::kDouble);
  const auto each = prior.divergence(codes);
  if (rows_ == 0) {
    origin_ = mean[0].clone();
    differences_ = squares_ = at::zeros_like(origin_);
    if (each.defined()) divergence_ = at::zeros_like(origin_);
  }
  rows_ += mean.size(0);
  const auto difference = mean - origin_;
  differences_ = differences_ + difference.sum(0);
  squares_ = squares_ + difference.square().sum(0);
  if (each.defined()) divergence_ = divergence_ + each.flatten(1).sum(0, /*keepdim=*/false, at::kDouble);
}

Tensor LatentUse::divergence() const {
  return divergence_.defined() ? divergence_ / static_cast<double>(rows_) : divergence_;
}

Tensor LatentUse::variance_of_means() const {
  const auto rows = static_cast<double>(rows_);
  return (squares_ - differences_.square() / rows) / rows;
}

LatentInformation latent_information(const DrawnCodes& codes) {
  constexpr std::int64_t kNumbersAtOnce = std::int64_t{1} << 22;
  const auto code = codes.code.to(at::kDouble), mean = codes.mean.to(at::kDouble),
             log_variance = codes.log_variance.to(at::kDouble);
  const auto rows = code.size(0), dimensions = code.size(1);
  const auto precision = (-0.5 * log_variance).exp();
  const auto constant = -0.5 * (log_variance + std::log(2 * M_PI));
  const auto log_densities = [&](const Tensor& some) {  // [some, rows, dimensions]
    return constant - 0.5 * ((some.unsqueeze(1) - mean) * precision).square();
  };
  const auto own = constant - 0.5 * ((code - mean) * precision).square();
  const double log_rows = std::log(static_cast<double>(rows));
  std::vector<Tensor> aggregate;
  auto marginals = at::zeros({dimensions}, code.options());
  for (const auto& some : code.split(std::max<std::int64_t>(1, kNumbersAtOnce / (rows * dimensions)))) {
    StopSignals::check();
    const auto each = log_densities(some);
    aggregate.push_back(each.sum(2).logsumexp(1) - log_rows);
    marginals = marginals + (each.logsumexp(1) - log_rows).sum(0);
  }
  LatentInformation found{.dimensions = own.mean(0) - marginals / static_cast<double>(rows),
                          .log_aggregate = at::cat(aggregate)};
  found.joint = (own.sum(1) - found.log_aggregate).mean().item<double>();
  return found;
}

}  // namespace aelab
