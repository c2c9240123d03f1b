#include "aelab/evaluation/samplers/prior_sampler.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

namespace aelab {

std::string PriorSampler::unsuited(const Autoencoder& model) const {
  if (model.prior()) return {};
  if (auto reason = Sampler::unsuited(model); !reason.empty()) return reason;
  return "this model has no prior: choose \"gaussian\" or \"mixture\", which are fitted to its codes";
}

Tensor PriorSampler::log_density(const Tensor& codes) const {
  const c10::InferenceMode inference;
  return model_->prior()->log_density(as_codes_of(*model_, codes)).cpu().to(at::kDouble);
}

Tensor PriorSampler::draw(std::int64_t count, std::int64_t seed) const {
  const c10::InferenceMode inference;
  const auto like = at::empty({count, elements(model_->code_shape())}, at::kDouble);
  return model_->prior()
      ->sample_like(as_codes_of(*model_, like), Noise(seed, /*pass=*/0))
      .flatten(1)
      .cpu()
      .to(at::kDouble);
}

}  // namespace aelab
