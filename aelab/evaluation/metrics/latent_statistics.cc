#include "aelab/evaluation/metrics/latent_statistics.h"

#include <ATen/ATen.h>

#include <cmath>

namespace aelab {
namespace {

std::int64_t active_units(const LatentUse& use) {
  return (use.variance_of_means() > kActiveVariance).sum().item<std::int64_t>();
}

std::optional<double> largest(const Tensor& values) {
  if (!values.defined()) return std::nullopt;
  return values.max().item<double>();
}

}  // namespace

void LatentStatistics::Config::fields(Fields& f) {
  f("rows", rows,
    "maximum number of rows for the mutual information: the first ones; its time grows with their square",
    between(2, 100'000));
  f("seed", seed, "of the codes", at_least(0)).also_known_as({"random_state"});
}

std::vector<Measure> LatentStatistics::measures() const {
  const auto rows = "the first " + std::to_string(config_.rows) + " rows, or all where there are fewer";
  const auto applies = "; not applicable where the prior has no closed form of it";
  return {
      {"latent/kl",
       "KL divergence of q(z | x) from the prior in nats, mean over rows; in closed form where the prior has "
       "one, else by one code z drawn of each row",
       Direction::neither},
      {"latent/largest_kl",
       std::string("largest KL divergence of a single code dimension in nats, mean over rows") + applies,
       Direction::neither},
      {"latent/active_units",
       "number of code dimensions whose mean varies over rows with a variance above 0.01 (Burda, Grosse & "
       "Salakhutdinov 2016)",
       Direction::neither},
      {"latent/collapsed",
       std::string("share of code dimensions whose KL divergence, mean over rows, is below 0.01 nats") +
           applies,
       Direction::lower},
      {"latent/mutual_information",
       "mutual information of row and code in nats: mean of log q(z | x) - log q(z), where q(z) is the mean "
       "of q(z | x) over " +
           rows + ", by one code z drawn of each; at most the logarithm of their number",
       Direction::neither},
      {"latent/largest_mutual_information",
       "the largest mutual information of row and single code dimension in nats, by the same estimate",
       Direction::neither},
      {"latent/aggregate_kl",
       "KL divergence of q(z), the mean of q(z | x) over " + rows +
           ", from the prior in nats, by one code z drawn of each: what samples from the prior miss",
       Direction::lower},
  };
}

void LatentStatistics::begin(const Autoencoder& model, const Split&) {
  model_ = &model;
  const auto& bottleneck = model.parts().bottleneck;
  applies_ = bottleneck.is_gaussian() && bottleneck.prior();
}

void LatentStatistics::add(const Observation& observation) {
  if (!applies_) return;
  const auto& [backbone, bottleneck, likelihood, silent_rows] = model_->parts();
  const auto& x = observation.inputs();
  const Step step{.seed = config_.seed,
                  .scope = "latent/",
                  .rows = at::arange(use_.rows(), use_.rows() + x.size(0), at::kLong)};
  const auto pre_code = backbone.encode(model_->filled(x), model_->conditioned(x, observation.labels));
  Pass pass{.target = observation.target, .input = x, .pre_code = pre_code, .code = {}, .output = {}};
  bottleneck.code(pass, step);
  const auto gaussians = bottleneck.gaussian(pass.pre_code);
  const auto log_prior = bottleneck.log_prior(pass.code);
  drawn_divergence_ += (bottleneck.log_density(pass.code, pass.pre_code) - log_prior)
                           .sum(0, /*keepdim=*/false, at::kDouble)
                           .item<double>();
  const auto wanted = std::max<std::int64_t>(0, config_.rows - use_.rows());
  use_.add(gaussians, *bottleneck.prior());
  if (wanted == 0) return;
  codes_.push_back(pass.code.slice(0, 0, wanted).flatten(1));
  means_.push_back(gaussians.mean.slice(0, 0, wanted).flatten(1));
  log_variances_.push_back(gaussians.log_variance.slice(0, 0, wanted).flatten(1));
  log_priors_.push_back(log_prior.slice(0, 0, wanted));
}

std::vector<std::optional<double>> LatentStatistics::values() const {
  if (use_.rows() == 0) return std::vector<std::optional<double>>(7);
  const auto divergence = use_.divergence();
  std::optional<double> collapsed;
  if (divergence.defined())
    collapsed = (divergence < kCollapsedDivergence).to(at::kDouble).mean().item<double>();
  const auto information = latent_information({at::cat(codes_), at::cat(means_), at::cat(log_variances_)});
  std::vector<std::optional<double>> values = {
      divergence.defined() ? divergence.sum().item<double>()
                           : drawn_divergence_ / static_cast<double>(use_.rows()),
      largest(divergence),
      static_cast<double>(active_units(use_)),
      collapsed,
      information.joint,
      largest(information.dimensions),
      (information.log_aggregate - at::cat(log_priors_)).mean().item<double>()};
  for (auto& value : values)
    if (value && !std::isfinite(*value)) value.reset();
  return values;
}

std::vector<std::string> LatentStatistics::cautions() const {
  if (use_.rows() < 2 || active_units(use_) > 0) return {};
  return {"latent: the code has collapsed: none of its " + std::to_string(use_.variance_of_means().size(0)) +
          " dimensions is active, so that it tells nothing of the rows. A smaller \"beta\", one that rises "
          "from 0 by a schedule, \"free_bits\" or a weaker decoder may help"};
}

}  // namespace aelab
