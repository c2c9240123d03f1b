#include "aelab/nn/bounds.h"

#include <ATen/ATen.h>

#include <cmath>

namespace aelab {
namespace {

void samples_field(Fields& f, std::int64_t& samples, std::string_view help) {
  f("samples", samples, help, at_least(1))
      .also_known_as({"n_samples", "num_samples", "n_importance_samples", "k", "K", "L"});
}

}  // namespace

void MeanBound::Config::fields(Fields& f) {
  samples_field(f, samples, "number of codes that are drawn of each row in training");
}

void ImportanceWeightedBound::Config::fields(Fields& f) {
  samples_field(f, samples, "number of codes whose weights are averaged");
  f("estimates", estimates,
    "number of such averages of each row; the objective is the mean of their logarithms", at_least(1))
      .also_known_as({"n_estimates", "m", "M"});
  f("elbo_share", elbo_share, "weight of the evidence lower bound of the same codes in the objective",
    between(0, 1))
      .also_known_as({"beta"});
}

Tensor ImportanceWeightedBound::rows(const Tensor& costs) const {
  const auto log_weights = -costs.view({costs.size(0), config_.estimates, config_.samples});
  const auto bound = (std::log(static_cast<double>(config_.samples)) - log_weights.logsumexp(2)).mean(1);
  const auto share = config_.elbo_share;
  return share == 0 ? bound : share * costs.mean(1) + (1 - share) * bound;
}

Tensor ImportanceWeightedBound::normalized_weights(const Tensor& costs) const {
  return (-costs).view({costs.size(0), config_.estimates, config_.samples}).softmax(2).view(costs.sizes());
}

void DoublyReparameterizedBound::Config::fields(Fields& f) {
  ImportanceWeightedBound::Config::fields(f);
  f.require(elbo_share == 0, "elbo_share",
            "must be 0: the gradient is that of the importance-weighted bound");
}

std::vector<DoublyReparameterizedBound::Config> DoublyReparameterizedBound::Config::examples() {
  Config one, several;
  one.samples = 3;
  several.samples = several.estimates = 2;
  return {one, several};
}

Tensor DoublyReparameterizedBound::code_gradient_factors(const Tensor& costs) const {
  return normalized_weights(costs.detach());
}

}  // namespace aelab
