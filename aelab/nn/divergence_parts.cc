#include "aelab/nn/divergence_parts.h"

#include <ATen/ATen.h>

#include <array>
#include <cmath>

namespace aelab {

std::span<const std::string_view> names(AggregateEstimate) {
  static constexpr std::array<std::string_view, 2> kNames = {"weighted", "stratified"};
  return kNames;
}

void DivergencePart::Config::fields(Fields& f) {
  schedule_field(f, "weight", weight, "weight of the penalty in the objective", at_least(0))
      .also_known_as({"lambda", "strength", "coefficient"});
  estimate_field(f, estimate);
}

void DivergencePart::estimate_field(Fields& f, AggregateEstimate& estimate) {
  f("estimate", estimate,
    "how the distribution of all codes is estimated from a batch: weighted (biased), or stratified (unbiased "
    "densities)")
      .also_known_as({"use_mss", "mss", "mws"});
}

void DivergencePart::check(const Parts& parts) const {
  if (!parts.bottleneck.is_gaussian())
    throw FieldError("../bottleneck",
                     "does not draw codes from Gaussians, which this penalty needs: choose "
                     "\"gaussian\", or leave the penalty out");
}

namespace {

/// The logarithm of the weight of row j's Gaussian in the estimate of q(code of row i), [batch, batch].
///
/// Stratified: the code's own row has the share 1/N that it has of the whole set; the others stand for the
/// N - 1 that are left, so that the weights sum to 1 and the estimate's mean over batches is q(code).
Tensor log_weights(std::int64_t batch, std::int64_t rows, AggregateEstimate estimate, const Tensor& like) {
  const auto n = static_cast<double>(batch), all = static_cast<double>(rows);
  if (estimate == AggregateEstimate::weighted || batch < 2)
    return at::full({batch, batch}, -std::log(n * all), like.options());
  const double others = (all - 1) / (all * (n - 1));
  const auto weights = at::full({batch, batch}, std::log(others), like.options());
  weights.diagonal().fill_(-std::log(all));
  return weights;
}

}  // namespace

CodeDensities code_densities(const DiagonalGaussian& gaussians, const Tensor& code, std::int64_t rows,
                             AggregateEstimate estimate) {
  const auto mean = gaussians.mean.flatten(1), log_variance = gaussians.log_variance.flatten(1);
  const auto z = code.flatten(1);
  // [code of row i, Gaussian of row j, dimension]
  const auto standardized = (z.unsqueeze(1) - mean) * (-0.5 * log_variance).exp();
  const auto each = -0.5 * (standardized.square() + log_variance + std::log(2 * M_PI));
  const auto joint = each.sum(2);
  const auto weights = log_weights(z.size(0), std::max(rows, z.size(0)), estimate, joint.detach());
  return {.conditional = joint.diagonal(),
          .aggregate = (joint + weights).logsumexp(1),
          .marginals = (each + weights.unsqueeze(2)).logsumexp(1).sum(1)};
}

Tensor DivergencePart::value(const Pass& pass, const Parts& parts, const Step& step) const {
  const auto code = sample(pass.code, 0, pass.samples);
  return of(code_densities(parts.bottleneck.gaussian(pass.pre_code), code, step.set_size, config_.estimate),
            pass, parts)
      .mean();
}

std::vector<TotalCorrelation::Config> TotalCorrelation::Config::examples() {
  Config weighted;
  weighted.estimate = AggregateEstimate::weighted;
  return {{}, weighted};
}

Tensor TotalCorrelation::of(const CodeDensities& densities, const Pass&, const Parts&) const {
  return densities.aggregate - densities.marginals;
}

std::vector<MutualInformation::Config> MutualInformation::Config::examples() { return {{}}; }

Tensor MutualInformation::of(const CodeDensities& densities, const Pass&, const Parts&) const {
  return densities.conditional - densities.aggregate;
}

std::vector<DimensionwiseDivergence::Config> DimensionwiseDivergence::Config::examples() { return {{}}; }

void DimensionwiseDivergence::check(const Parts& parts) const {
  DivergencePart::check(parts);
  if (!parts.bottleneck.prior()->is_factorized())
    throw FieldError("../bottleneck.prior",
                     "has no independent dimensions, which this penalty needs: choose "
                     "\"standard\", or leave the penalty out");
}

Tensor DimensionwiseDivergence::of(const CodeDensities& densities, const Pass& pass,
                                   const Parts& parts) const {
  return densities.marginals - parts.bottleneck.log_prior(sample(pass.code, 0, pass.samples));
}

}  // namespace aelab
