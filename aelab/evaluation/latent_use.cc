#include "aelab/evaluation/latent_use.h"

#include <ATen/ATen.h>

#include <cmath>

#include "aelab/core/signals.h"

namespace aelab {

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
