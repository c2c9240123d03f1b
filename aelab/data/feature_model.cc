#include "aelab/data/feature_model.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "aelab/core/random.h"

namespace aelab {
namespace {

/// i^-exponent for i = 1, 2, ..., mapped to the range of the rules.
at::Tensor firing_rates(const FeatureRules& rules) {
  if (rules.features == 1) return at::full({1}, rules.most_probable, at::kDouble);
  const auto powers = at::arange(1, rules.features + 1, at::kDouble).pow(-rules.exponent);
  const auto shares = (powers - powers[-1]) / (powers[0] - powers[-1]);
  return rules.least_probable + (rules.most_probable - rules.least_probable) * shares;
}

/// Numbers the features of the forest level by level, as long as there are features.
void grow_forest(const FeatureRules& rules, FeatureModel& model) {
  const auto numbers = at::TensorOptions(at::kLong);
  model.parents = at::full({rules.features}, -1, numbers);
  model.first_child = at::zeros({rules.features}, numbers);
  model.children = at::zeros({rules.features}, numbers);
  auto* parent = model.parents.mutable_data_ptr<std::int64_t>();
  auto* first = model.first_child.mutable_data_ptr<std::int64_t>();
  auto* children = model.children.mutable_data_ptr<std::int64_t>();
  std::int64_t begin = 0, end = std::min(rules.roots, rules.features);  // of a level
  for (std::int64_t depth = 0; depth < rules.depth; ++depth) {
    auto next = end;
    for (auto i = begin; i < end; ++i) {
      first[i] = next;
      children[i] = std::min(rules.children, rules.features - next);
      std::fill_n(parent + next, children[i], i);
      next += children[i];
    }
    begin = end;
    end = next;
  }
}

/// Firing probabilities with which a child is about as frequent after the rules of the forest as its rate
/// says: 1 over the parent's rate, and, where siblings exclude each other, 1 plus the number of others that
/// are to be expected.
at::Tensor corrected_rates(const FeatureModel& model) {
  auto corrected = model.rates.clone();
  const auto* rate = model.rates.const_data_ptr<double>();
  const auto* first = model.first_child.const_data_ptr<std::int64_t>();
  const auto* children = model.children.const_data_ptr<std::int64_t>();
  auto* p = corrected.mutable_data_ptr<double>();
  for (std::int64_t i = 0; i < corrected.numel(); ++i) {
    double siblings = 0;
    for (auto c = first[i]; c < first[i] + children[i]; ++c) siblings += rate[c];
    for (auto c = first[i]; c < first[i] + children[i]; ++c) {
      const double others = model.exclusive ? (siblings - rate[c]) / rate[i] : 0;
      p[c] = std::min(1., rate[c] / rate[i] * (1 + others));
    }
  }
  return corrected;
}

/// Normal numbers times the correlation; rows too long to leave a variance of .01 are shortened to that.
at::Tensor correlation_factors(const FeatureRules& rules, const at::Generator& random) {
  constexpr double kLeastOwn = 0.01;
  const auto factors = at::randn({rules.features, rules.rank}, random, at::kDouble) * rules.correlation;
  const auto squares = factors.square().sum(1, /*keepdim=*/true);
  return factors * ((1 - kLeastOwn) / squares).sqrt().clamp_max(1);
}

at::Tensor of_norm_one(const at::Tensor& rows) { return rows / rows.norm(2, -1, /*keepdim=*/true); }

}  // namespace

FeatureModel FeatureModel::drawn(const FeatureRules& rules, std::int64_t seed) {
  const auto random = [seed](const char* what) { return random_generator(seed, what); };
  FeatureModel model;
  model.exclusive = rules.exclusive;
  model.scaled = rules.scaled;
  model.rates = firing_rates(rules);
  grow_forest(rules, model);
  model.corrected = rules.compensated ? corrected_rates(model) : model.rates;
  model.factors = correlation_factors(rules, random("feature correlations"));
  model.means = at::linspace(rules.first_size, rules.last_size, rules.features, at::kDouble);
  model.deviations = (rules.spread + at::randn({rules.features}, random("feature sizes"), at::kDouble) *
                                         rules.spread_deviation)
                         .abs();
  model.bias = of_norm_one(at::randn({rules.dimensions}, random("bias"))) * rules.bias;
  model.dictionary =
      nearly_orthogonal(at::randn({rules.features, rules.dimensions}, random("feature directions")),
                        rules.orthogonal_steps, rules.orthogonal_rate);
  return model;
}

}  // namespace aelab
