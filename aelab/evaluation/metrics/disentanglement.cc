#include "aelab/evaluation/metrics/disentanglement.h"

#include <ATen/ATen.h>

#include "aelab/core/random.h"
#include "aelab/evaluation/factor_information.h"
#include "aelab/evaluation/factor_predictors.h"
#include "aelab/evaluation/factor_votes.h"
#include "aelab/nn/compute.h"

namespace aelab {

void Disentanglement::Config::fields(Fields& f) {
  f("rows", rows, "maximum number of rows, drawn from the evaluated ones", at_least(10));
  f("bins", bins, "number of intervals of a code dimension's histogram", between(2, 1e4));
  f("trees", trees, "number of trees of the random forests that predict the factors", between(1, 1e4));
  f("seed", seed, "seed of the choice of rows, of the forests, and of the groups that are guessed",
    at_least(0));
}

std::vector<Measure> Disentanglement::measures() const {
  const auto bins = std::to_string(config_.bins);
  const auto measure = [](const std::string& name, const std::string& definition) {
    return Measure{"disentanglement/" + name, definition, Direction::higher};
  };
  return {
      measure("mig", "mutual information gap (Chen et al. 2018), of histograms of the codes with " + bins +
                         " bins: mean over factors of the difference of the two largest mutual informations, "
                         "over the factor's entropy"),
      measure("modularity", "modularity (Ridgeway & Mozer 2018), of the same mutual informations"),
      measure("sap",
              "separated attribute predictability (Kumar et al. 2018): mean over factors of the difference "
              "of the two largest squared correlations of a code dimension with the factor's numbers"),
      measure("dci_disentanglement",
              "disentanglement (Eastwood & Williams 2018): 1 - entropy of a code dimension's importances for "
              "the factors, to the base of their number; of random forests"),
      measure("dci_completeness",
              "completeness (Eastwood & Williams 2018): 1 - entropy of a factor's importances over the code "
              "dimensions, to the base of their number; of random forests"),
      measure("dci_informativeness",
              "informativeness (Eastwood & Williams 2018): accuracy of random forests that predict the "
              "factors, mean over factors, of held-out rows"),
      measure("explicitness",
              "explicitness (Ridgeway & Mozer 2018): 2 AUC - 1 of a logistic regression for each value of "
              "each factor, of held-out rows"),
      measure("beta_vae",
              "BetaVAE score (Higgins et al. 2017): accuracy of guessing the factor that pairs of rows share "
              "from the mean absolute difference of their codes, by logistic regression"),
      measure("factor_vae",
              "FactorVAE score (Kim & Mnih 2018): accuracy of guessing the factor that rows share from the "
              "code dimension of least relative variance, by majority vote"),
  };
}

void Disentanglement::check(const Split& data) const {
  if (data.train.factors().empty())
    throw Error(
        "evaluation: \"disentanglement\" needs known factors of variation, which sources such as \"sprites\" "
        "have and these data do not; leave it out");
}

void Disentanglement::add(const Observation& observation) {
  if (!observation.factors.defined()) return;
  codes_.push_back(observation.code.flatten(1).cpu());
  factors_.push_back(observation.factors);
}

std::vector<std::optional<double>> Disentanglement::values() const {
  constexpr std::int64_t kMostDimensions = 512;
  std::vector<std::optional<double>> none(9);
  if (codes_.empty()) return none;
  const Compute one_thread(/*threads=*/1, kernels());  // of small matrices, which others would only wait for
  const auto all = at::cat(codes_), all_factors = at::cat(factors_);
  const auto drawn = at::randperm(all.size(0), random_generator(config_.seed, "disentanglement"), at::kLong)
                         .slice(0, 0, config_.rows);
  const auto codes = all.index_select(0, drawn).to(at::kDouble);
  if (codes.size(1) > kMostDimensions || !codes.isfinite().all().item<bool>()) return none;
  auto factors = all_factors.index_select(0, drawn);
  const auto varying = (factors.amax(0) > factors.amin(0)).nonzero().flatten();
  factors = factors.index_select(1, varying).contiguous();
  const auto count = factors.size(1);
  if (count == 0) return none;

  const auto where = [](bool applies, auto value) {
    return applies ? std::optional<double>(value()) : std::nullopt;
  };
  const auto information = mutual_information(codes, factors, config_.bins);
  const auto predictions = predictions_by_forests(codes, factors, config_.trees, config_.seed);
  return {mutual_information_gap(information, entropies_of(factors)),
          where(count > 1, [&] { return modularity(information); }),
          separated_attribute_predictability(codes, factors),
          where(count > 1, [&] { return disentanglement_of(predictions.importances); }),
          where(codes.size(1) > 1, [&] { return completeness_of(predictions.importances); }),
          predictions.accuracy,
          explicitness(codes, factors),
          beta_vae_score(codes, factors, config_.seed),
          factor_vae_score(codes, factors, config_.seed)};
}

}  // namespace aelab
