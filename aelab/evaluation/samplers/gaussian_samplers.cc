#include "aelab/evaluation/samplers/gaussian_samplers.h"

#include <ATen/ATen.h>

#include <cmath>

#include "aelab/classifiers/k_means.h"
#include "aelab/core/random.h"
#include "aelab/core/signals.h"

namespace aelab {
namespace {

/// The share of the mean variance that is added to the diagonal of a covariance.
constexpr double kFloor = 1e-6;

Tensor mean_variance(const Tensor& rows) { return rows.var(0, /*unbiased=*/false).mean().clamp_min(1e-12); }

/// The mixture that is most likely given how much of each row belongs to each component, [rows, components].
GaussianMixture most_likely(const Tensor& rows, const Tensor& shares, const Tensor& added) {
  const auto sizes = shares.sum(0).clamp_min(1e-10);
  const auto means = at::mm(shares.t(), rows) / sizes.unsqueeze(1);
  std::vector<Tensor> covariances;
  for (std::int64_t k = 0; k < shares.size(1); ++k) {
    const auto centered = rows - means[k];
    const auto covariance = at::mm((centered * shares.select(1, k).unsqueeze(1)).t(), centered) / sizes[k];
    covariances.push_back(covariance + at::diag(added.expand({rows.size(1)})));
  }
  return {sizes / sizes.sum(), means, at::stack(covariances)};
}

}  // namespace

Tensor GaussianMixture::log_joint(const Tensor& rows) const {
  std::vector<Tensor> each;
  const double constant = static_cast<double>(means.size(1)) * std::log(2 * M_PI);
  for (std::int64_t k = 0; k < means.size(0); ++k) {
    const auto factor = at::linalg_cholesky(covariances[k]);
    const auto standardized =
        at::linalg_solve_triangular(factor, (rows - means[k]).t(), /*upper=*/false).square().sum(0);
    const auto log_determinant = 2 * factor.diagonal().log().sum();
    each.push_back(weights[k].log() - 0.5 * (standardized + log_determinant + constant));
  }
  return at::stack(each, 1);
}

Tensor GaussianMixture::log_density(const Tensor& rows) const { return log_joint(rows).logsumexp(1); }

Tensor GaussianMixture::draw(std::int64_t count, std::int64_t seed) const {
  const Noise noise(seed, /*pass=*/0);
  const auto like = at::empty({count, means.size(1)}, at::kDouble);
  const auto uniform = noise.uniform_like("component", at::empty({count, 1}, at::kDouble));
  const auto chosen = (uniform >= weights.cumsum(0)).sum(1).clamp_max(weights.size(0) - 1);
  const auto normal = noise.normal_like("sampler", like);
  auto rows = at::empty_like(like);
  for (std::int64_t k = 0; k < means.size(0); ++k) {
    const auto places = (chosen == k).nonzero().flatten();
    if (places.numel() == 0) continue;
    const auto factor = at::linalg_cholesky(covariances[k]);
    rows.index_copy_(0, places, means[k] + at::mm(normal.index_select(0, places), factor.t()));
  }
  return rows;
}

NamedTensors GaussianMixture::state() const {
  return {{"weights", weights}, {"means", means}, {"covariances", covariances}};
}

GaussianMixture GaussianMixture::from(const NamedTensors& state) {
  return {tensor_named(state, "weights"), tensor_named(state, "means"), tensor_named(state, "covariances")};
}

GaussianMixture fit_gaussian_mixture(const Tensor& given, std::int64_t components, double floor,
                                     std::int64_t seed) {
  constexpr int kRounds = 200;
  constexpr double kLeastGain = 1e-4;
  const auto rows = given.to(at::kDouble);
  const auto added = floor * mean_variance(rows);
  auto shares = at::ones({rows.size(0), 1}, at::kDouble);
  if (components > 1)
    shares = at::one_hot(k_means(rows, {.clusters = components, .restarts = 1}, seed).clusters, components)
                 .to(at::kDouble);
  auto mixture = most_likely(rows, shares, added);
  if (components == 1) return mixture;
  double before = -std::numeric_limits<double>::infinity();
  for (int round = 0; round < kRounds; ++round) {
    StopSignals::check();
    const auto joint = mixture.log_joint(rows);
    const auto density = joint.logsumexp(1);
    const double likelihood = density.mean().item<double>();
    if (likelihood - before < kLeastGain) break;
    before = likelihood;
    mixture = most_likely(rows, (joint - density.unsqueeze(1)).exp(), added);
  }
  return mixture;
}

void GaussianSampler::fit_codes(const Autoencoder&, const Tensor& codes, std::int64_t seed) {
  require_rows(codes, 2, "a Gaussian");
  found_ = fit_gaussian_mixture(codes, 1, kFloor, seed);
}

void MixtureSampler::Config::fields(Fields& f) {
  f("components", components, "number of Gaussians", between(1, 10000)).also_known_as({"n_components"});
}

void MixtureSampler::fit_codes(const Autoencoder&, const Tensor& codes, std::int64_t seed) {
  require_rows(codes, 2 * config_.components, "a mixture of " + std::to_string(config_.components));
  found_ = fit_gaussian_mixture(codes, config_.components, kFloor, seed);
}

}  // namespace aelab
