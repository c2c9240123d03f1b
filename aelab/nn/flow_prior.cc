#include "aelab/nn/flow_prior.h"

#include <ATen/ATen.h>

namespace aelab {

std::vector<FlowPrior::Config> FlowPrior::Config::examples() {
  return {{.flow = {.layers = 2, .hidden = {8}}},
          {.flow = {.layers = 1, .hidden = {6, 5}, .activation = Activation::relu}}};
}

void FlowPrior::build(const Shape& code, std::int64_t seed, const EncoderAccess&) {
  Initializer initializer(seed, "flow prior");
  flow_ = register_module(
      "flow", std::make_shared<MaskedFlow>(config_.flow, elements(code), /*context=*/0, initializer));
}

Tensor FlowPrior::log_density(const Tensor& code) const {
  const auto noise = flow_->forward(code.flatten(1));
  return log_standard_normal(noise.values) + noise.log_determinant;
}

Tensor FlowPrior::sample_like(const Tensor& like, const Noise& noise) const {
  return flow_->inverse(noise.normal_like("prior", like).flatten(1)).view(like.sizes());
}

}  // namespace aelab
