#include "aelab/evaluation/metrics/rate_distortion.h"

#include <ATen/ATen.h>

#include <cmath>

namespace aelab {
namespace {

/// Of each row, [batch].
Tensor rates(const Pass& pass, const Bottleneck& bottleneck) {
  if (const auto size = bottleneck.codebook_size(); size > 0) {
    const auto& indices = pass.extras.at("indices");
    return at::full({indices.size(0)}, static_cast<double>(indices[0].numel()) * std::log(size), at::kDouble);
  }
  if (bottleneck.is_gaussian() && bottleneck.prior())
    if (const auto each = bottleneck.prior()->divergence(bottleneck.gaussian(pass.pre_code)); each.defined())
      return each.flatten(1).sum(1, /*keepdim=*/false, at::kDouble);
  return drawn_divergence(pass, bottleneck);
}

double sum_of(const Tensor& rows) { return rows.sum(at::kDouble).item<double>(); }

}  // namespace

void RateDistortion::Config::fields(Fields& f) {
  f("seed", seed, "of the codes", at_least(0)).also_known_as({"random_state"});
}

std::vector<Measure> RateDistortion::measures() const {
  return {
      {"rate_distortion/rate",
       "KL divergence of q(z | x) from the prior in nats, mean over rows: in closed form where there is one, "
       "else by one code z drawn of each row; for codes from a codebook the logarithm of its size for each "
       "vector of a code; not applicable to other codes",
       Direction::neither},
      {"rate_distortion/distortion",
       "-log p(x | z) in nats, all constants included, by one code z of each row, mean over rows; where the "
       "likelihood is no distribution of the rows, such as a Bernoulli distribution of gray values, it is "
       "the "
       "cost that trains the model; comparable between models of one likelihood; not applicable where the "
       "rate "
       "is not",
       Direction::neither},
  };
}

void RateDistortion::begin(const Autoencoder& model, const Split&) {
  model_ = &model;
  const auto& bottleneck = model.parts().bottleneck;
  applies_ = bottleneck.codebook_size() > 0 || (bottleneck.has_density() && bottleneck.samples_codes());
}

void RateDistortion::add(const Observation& observation) {
  if (!applies_) return;
  const auto& [backbone, bottleneck, likelihood, silent_rows] = model_->parts();
  const auto& x = observation.inputs();
  const Step step{.seed = config_.seed,
                  .scope = "rate-distortion/",
                  .rows = at::arange(rows_, rows_ + x.size(0), at::kLong)};
  const auto given = model_->conditioned(x, observation.labels);
  Pass pass{.target = observation.target,
            .input = model_->filled(x),
            .pre_code = backbone.encode(model_->filled(x), given),
            .code = {},
            .output = {}};
  bottleneck.code(pass, step);
  rate_ += sum_of(rates(pass, bottleneck));
  distortion_ += sum_of(likelihood.negative_log(backbone.decode(pass.code, given), pass.target)) +
                 static_cast<double>(x.size(0)) * likelihood.constant(model_->target_shape());
  rows_ += x.size(0);
}

std::vector<std::optional<double>> RateDistortion::values() const {
  if (rows_ == 0) return std::vector<std::optional<double>>(2);
  const auto rows = static_cast<double>(rows_);
  std::vector<std::optional<double>> values = {rate_ / rows, distortion_ / rows};
  for (auto& value : values)
    if (!std::isfinite(*value)) value.reset();
  return values;
}

}  // namespace aelab
