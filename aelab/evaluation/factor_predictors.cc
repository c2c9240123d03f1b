#include "aelab/evaluation/factor_predictors.h"

#include <ATen/ATen.h>

#include <cmath>

#include "aelab/classifiers/logistic_regression.h"
#include "aelab/classifiers/random_forest.h"
#include "aelab/core/signals.h"

namespace aelab {
namespace {

std::int64_t fitted_rows(const at::Tensor& codes) { return std::max<std::int64_t>(1, codes.size(0) * 2 / 3); }

/// 1 - the entropy of each row over the logarithm of its length, weighted by the rows' sums.
double concentration_of_rows(const at::Tensor& amounts) {
  const auto sums = amounts.sum(1);
  const double whole = sums.sum().item<double>();
  if (whole <= 0) return 0;
  const auto p = amounts / at::where(sums > 0, sums, 1.).unsqueeze(1);
  const auto entropies = -at::xlogy(p, p).sum(1) / std::log(static_cast<double>(amounts.size(1)));
  return (sums * (1 - entropies)).sum().item<double>() / whole;
}

/// The area under the ROC curve of scores for rows that are `positive`: the share of pairs of a positive and
/// a negative row in which the positive one has the higher score, half of those with equal scores.
double area_under_roc(const at::Tensor& scores, const at::Tensor& positive) {
  const auto [different, inverse, counts] = at::_unique2(scores, true, true, true);
  const auto below = counts.cumsum(0) - counts;
  const auto ranks = below.to(at::kDouble) + (counts.to(at::kDouble) + 1) / 2;  // ties share their mean rank
  const auto positives = positive.sum().item<double>();
  const auto negatives = static_cast<double>(positive.numel()) - positives;
  const auto sum = ranks.index_select(0, inverse.masked_select(positive)).sum().item<double>();
  return (sum - positives * (positives + 1) / 2) / (positives * negatives);
}

/// The fitted probability of each class, [rows, classes].
at::Tensor probabilities(const Classifier& fitted, const at::Tensor& rows) {
  const auto state = fitted.state();
  FeatureScale scale;
  scale.load(state);
  return at::addmm(saved(state, "bias"), scale(rows), saved(state, "weight").t()).softmax(1);
}

}  // namespace

double disentanglement_of(const at::Tensor& importances) { return concentration_of_rows(importances); }

double completeness_of(const at::Tensor& importances) { return concentration_of_rows(importances.t()); }

namespace {

/// At a leaf. Trees that are grown to single rows give importance to noise, the more of it the less a factor
/// can be predicted: of three codes of one factor each beside five of noise and two factors without a code,
/// disentanglement is 0.25 with 1 row and 0.37 with 10.
constexpr std::int64_t kLeastRows = 10;

}  // namespace

FactorPredictions predictions_by_forests(const at::Tensor& codes, const at::Tensor& factors,
                                         std::int64_t trees, std::int64_t seed) {
  const auto fitted = fitted_rows(codes);
  std::vector<at::Tensor> importances;
  double right = 0;
  for (std::int64_t k = 0; k < factors.size(1); ++k) {
    StopSignals::check();
    const auto factor = factors.select(1, k);
    RandomForest forest({.trees = trees, .min_rows = kLeastRows, .max_features = codes.size(1)});
    forest.fit(codes.slice(0, 0, fitted), factor.slice(0, 0, fitted), factor.max().item<std::int64_t>() + 1,
               seed);
    importances.push_back(forest.importances());
    right += (forest.predict(codes.slice(0, fitted)) == factor.slice(0, fitted))
                 .to(at::kDouble)
                 .mean()
                 .item<double>();
  }
  return {at::stack(importances, 1), right / static_cast<double>(factors.size(1))};
}

double explicitness(const at::Tensor& codes, const at::Tensor& factors) {
  const auto fitted = fitted_rows(codes);
  double sum = 0;
  for (std::int64_t k = 0; k < factors.size(1); ++k) {
    StopSignals::check();
    const auto factor = factors.select(1, k), tested = factor.slice(0, fitted);
    const auto values = factor.max().item<std::int64_t>() + 1;
    LogisticRegression classifier({});
    classifier.fit(codes.slice(0, 0, fitted), factor.slice(0, 0, fitted), values, 0);
    const auto scores = probabilities(classifier, codes.slice(0, fitted));
    double areas = 0, counted = 0;
    for (std::int64_t value = 0; value < values; ++value) {
      const auto positive = tested == value;
      if (!positive.any().item<bool>() || positive.all().item<bool>()) continue;
      areas += 2 * area_under_roc(scores.select(1, value).contiguous(), positive) - 1;
      ++counted;
    }
    if (counted > 0) sum += areas / counted;
  }
  return sum / static_cast<double>(factors.size(1));
}

}  // namespace aelab
