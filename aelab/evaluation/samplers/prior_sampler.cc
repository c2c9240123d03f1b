#include "aelab/evaluation/samplers/prior_sampler.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

namespace aelab {
namespace {

/// Codes [n, dimensions] in the shape, the type and on the device of the model's own.
Tensor as_codes(const Autoencoder& model, const Tensor& rows) {
  auto shape = model.code_shape();
  shape.insert(shape.begin(), rows.size(0));
  return rows.to(model.parameters().front().options().requires_grad(false)).view(shape);
}

}  // namespace

void PriorSampler::fit(const Autoencoder& model, const Tensor&, std::int64_t) {
  if (!model.prior())
    throw Error("this model has no prior: choose \"gaussian\" or \"mixture\", which are fitted to its codes");
  model_ = &model;
}

Tensor PriorSampler::log_density(const Tensor& codes) const {
  const c10::InferenceMode inference;
  return model_->prior()->log_density(as_codes(*model_, codes)).cpu().to(at::kDouble);
}

Tensor PriorSampler::draw(std::int64_t count, std::int64_t seed) const {
  const c10::InferenceMode inference;
  const auto like = at::empty({count, elements(model_->code_shape())}, at::kDouble);
  return model_->prior()
      ->sample_like(as_codes(*model_, like), Noise(seed, /*pass=*/0))
      .flatten(1)
      .cpu()
      .to(at::kDouble);
}

}  // namespace aelab
