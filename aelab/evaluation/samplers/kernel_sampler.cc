#include "aelab/evaluation/samplers/kernel_sampler.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

#include "aelab/core/signals.h"

namespace aelab {

void KernelSampler::Config::fields(Fields& f) {
  f("bandwidth", bandwidth, "width of the kernels, in units of the codes' deviations; default: the likeliest",
    above(0));
}

namespace {

/// The mean over kernels at `centers` with this factor of their covariance, in blocks that bound memory.
Tensor log_kernel_density(const Tensor& rows, const Tensor& centers, const Tensor& factor) {
  constexpr std::int64_t kNumbers = 1 << 24;
  const auto dimensions = centers.size(1);
  const auto solved = [&](const Tensor& x) {
    return at::linalg_solve_triangular(factor, x.t(), /*upper=*/false).t().contiguous();
  };
  const auto x = solved(rows), y = solved(centers);
  const auto constant = (0.5 * static_cast<double>(dimensions) * std::log(2 * M_PI) +
                         factor.diagonal().log().sum() + std::log(static_cast<double>(centers.size(0))));
  std::vector<Tensor> parts;
  const auto block = std::max<std::int64_t>(1, kNumbers / centers.size(0));
  for (std::int64_t begin = 0; begin < x.size(0); begin += block) {
    StopSignals::check();
    const auto distances = at::cdist(x.slice(0, begin, begin + block), y, 2, /*compute_mode=*/2);
    parts.push_back((-0.5 * distances.square()).logsumexp(1) - constant);
  }
  return at::cat(parts);
}

Tensor covariance_factor(const Tensor& codes) {
  const auto centered = codes - codes.mean(0);
  const auto covariance = at::mm(centered.t(), centered) / static_cast<double>(codes.size(0));
  const auto floor = 1e-6 * covariance.diagonal().mean().clamp_min(1e-12);
  return at::linalg_cholesky(covariance + at::diag(floor.expand({codes.size(1)})));
}

}  // namespace

void KernelSampler::fit_codes(const Autoencoder&, const Tensor& given, std::int64_t) {
  require_rows(given, 10, "kde");
  const auto codes = given.to(at::kDouble);
  auto bandwidth = config_.bandwidth;
  if (!bandwidth) {
    const auto held_out = codes.slice(0, 0, {}, 10),
               rest = codes.index({(at::arange(codes.size(0)) % 10) != 0});
    const auto factor = covariance_factor(rest);
    double best = -std::numeric_limits<double>::infinity();
    for (double candidate = 1; candidate > 0.02; candidate /= std::sqrt(2.0)) {
      const double likelihood = log_kernel_density(held_out, rest, candidate * factor).mean().item<double>();
      if (likelihood <= best) continue;
      best = likelihood;
      bandwidth = candidate;
    }
  }
  codes_ = codes;
  factor_ = *bandwidth * covariance_factor(codes);
}

Tensor KernelSampler::log_density(const Tensor& codes) const {
  return log_kernel_density(codes.to(at::kDouble), codes_, factor_);
}

Tensor KernelSampler::draw(std::int64_t count, std::int64_t seed) const {
  const Noise noise(seed, /*pass=*/0);
  const auto uniform = noise.uniform_like("component", at::empty({count, 1}, at::kDouble)).flatten();
  const auto chosen = (uniform * static_cast<double>(codes_.size(0))).to(at::kLong);
  const auto normal = noise.normal_like("sampler", at::empty({count, codes_.size(1)}, at::kDouble));
  return codes_.index_select(0, chosen) + at::mm(normal, factor_.t());
}

NamedTensors KernelSampler::state() const { return {{"codes", codes_}, {"factor", factor_}}; }

void KernelSampler::load(const Autoencoder&, const NamedTensors& state) {
  codes_ = tensor_named(state, "codes");
  factor_ = tensor_named(state, "factor");
}

}  // namespace aelab
