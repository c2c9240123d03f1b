#include "aelab/evaluation/scores/likelihood_score.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "aelab/evaluation/feature_costs.h"
#include "aelab/evaluation/importance_weights.h"

namespace aelab {
namespace {

/// Of the code that is read of each row.
ScoredRows score_given_code(const Autoencoder& model, const Batch& rows, bool explain) {
  const auto condition = model.condition(rows);
  const auto target = model.target(rows.inputs);
  const auto& likelihood = model.parts().likelihood;
  const auto output =
      model.parts().backbone.decode(model.encode(rows.inputs, condition), {.condition = condition});
  ScoredRows scored{likelihood.negative_log(output, target).to(at::kCPU, at::kDouble) +
                    likelihood.constant(model.target_shape())};
  if (!explain) return scored;
  if (const auto costs = feature_costs(likelihood, output, target); costs.defined())
    scored.contributions = costs.to(at::kCPU, at::kDouble);
  return scored;
}

/// Sums of features' costs over the codes that were drawn of each row.
class SummedCosts {
 public:
  SummedCosts(const Likelihood& likelihood, Tensor target)
      : likelihood_(&likelihood), target_(std::move(target)) {
    sum_ = at::zeros({target_.size(0), target_.numel() / std::max<std::int64_t>(1, target_.size(0))},
                     target_.options().dtype(at::kDouble));
  }
  void add(const Tensor& output, const Tensor& owners) {
    if (!sum_.defined()) return;
    const auto costs = feature_costs(*likelihood_, output, target_.index_select(0, owners));
    if (costs.defined())
      sum_.index_add_(0, owners, costs.to(at::kDouble));
    else
      sum_ = Tensor();
  }
  /// [rows, features], on the CPU; undefined where no feature has a cost of its own.
  Tensor mean(std::int64_t samples) const {
    return sum_.defined() ? (sum_ / static_cast<double>(samples)).cpu() : Tensor();
  }

 private:
  const Likelihood* likelihood_;
  Tensor target_, sum_;
};

}  // namespace

void LikelihoodScore::Config::fields(Fields& f) {
  f("samples", samples, "where codes are drawn from a density, number of codes of each row",
    between(1, 10'000))
      .also_known_as({"k", "n_samples", "num_samples", "importance_samples"});
  f("seed", seed, "of the codes", at_least(0)).also_known_as({"random_state"});
}

std::string LikelihoodScore::definition() const {
  return "minus the log-likelihood in nats: of the row, by importance sampling with " +
         std::to_string(config_.samples) +
         " codes, where codes have a density, and given its code for other models";
}

ScoredRows LikelihoodScore::score_drawn(const Autoencoder& model, const Batch& given, bool explain) const {
  constexpr std::int64_t kNumbersAtOnce = std::int64_t{1} << 22;  // only the memory depends on it
  const auto numbers = std::max(elements(model.input_shape()), elements(model.code_shape()));
  const auto at_once = std::max<std::int64_t>(1, kNumbersAtOnce / (config_.samples * numbers));
  const auto condition = model.condition(given);
  std::vector<Tensor> scores, contributions;
  for (std::int64_t begin = 0; begin < given.size(); begin += at_once) {
    const auto end = std::min(begin + at_once, given.size());
    const auto rows = encoded_rows(model, given.inputs.slice(0, begin, end),
                                   condition.defined() ? condition.slice(0, begin, end) : Tensor());
    // All rows are taken for the row 0, so that they have the same noise, wherever they are.
    const Step step{.seed = config_.seed, .scope = "anomaly/", .rows = at::zeros({end - begin}, at::kLong)};
    SummedCosts costs(model.parts().likelihood, rows.target);
    const auto see = [&](const Tensor& output, const Tensor& owners) {
      if (explain) costs.add(output, owners);
    };
    const auto weights = log_importance_weights(model, rows, config_.samples, step, see);
    scores.push_back((std::log(static_cast<double>(config_.samples)) - weights.logsumexp(1)).cpu());
    if (!explain) continue;
    if (auto mean = costs.mean(config_.samples); mean.defined()) contributions.push_back(std::move(mean));
  }
  return {at::cat(scores), contributions.size() == scores.size() ? at::cat(contributions) : Tensor()};
}

ScoredRows LikelihoodScore::score(const Autoencoder& model, const Batch& rows, bool explain) const {
  const auto& bottleneck = model.parts().bottleneck;
  const bool has_density = bottleneck.has_density() && bottleneck.samples_codes();
  return has_density ? score_drawn(model, rows, explain) : score_given_code(model, rows, explain);
}

void LikelihoodScore::load(const Autoencoder&, const NamedTensors&) {}

}  // namespace aelab
