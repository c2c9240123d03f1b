#include "aelab/models/complete_parts.h"

#include <ATen/ATen.h>

#include "aelab/nn/bottlenecks.h"
#include "aelab/nn/bounds.h"
#include "aelab/nn/corruptions.h"
#include "aelab/nn/likelihoods.h"
#include "aelab/nn/mixed_likelihood.h"

namespace aelab {
namespace {

bool lie_within(const Bounds& values, const Bounds& outer) {
  return values.least >= outer.least && values.most <= outer.most;
}

/// Gives a part of this type the kinds of the features, where its config leaves them out.
template <class Part, class Chosen>
void take_features(Chosen& choice, const FeatureGroups& features) {
  const auto* given = choice.template get_if<typename Part::Config>();
  if (!given || !given->features.empty() || features.empty()) return;
  auto completed = *given;
  completed.features = features;
  choice = completed;
}

}  // namespace

AutoencoderConfig complete(AutoencoderConfig config, const Context& context) {
  if (!config.corruption) config.corruption = NoCorruption::Config{};
  if (!config.bottleneck) config.bottleneck = DeterministicBottleneck::Config{};
  if (!config.likelihood && (!context.features.empty() || context.may_lack_cells))
    config.likelihood = MixedLikelihood::Config{};
  if (config.likelihood) take_features<MixedLikelihood>(*config.likelihood, context.features);
  take_features<ColumnMasking>(*config.corruption, context.features);
  if (!config.likelihood && lie_within(context.values, between(0, 1)))
    config.likelihood = BernoulliLikelihood::Config{};
  if (!config.likelihood) config.likelihood = GaussianLikelihood::Config{};
  if (!config.bound) config.bound = MeanBound::Config{};
  if (!config.penalties) config.penalties.emplace();
  return config;
}

Tensor mean_squared_error(const Tensor& reconstruction, const Tensor& target, bool may_lack_cells) {
  if (!may_lack_cells) return at::mse_loss(reconstruction, target);
  const auto missing = target.ne(target);
  const auto squared = (reconstruction - target).square().masked_fill(missing, 0);
  return squared.sum() / missing.logical_not().sum().clamp_min(1);
}

}  // namespace aelab
