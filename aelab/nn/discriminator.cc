#include "aelab/nn/discriminator.h"

#include <ATen/ATen.h>

#include "aelab/nn/parts.h"

namespace aelab {

void DiscriminatorConfig::fields(Fields& f) {
  f("hidden", hidden, "widths of the discriminator's hidden layers", between(1, kWidest))
      .also_known_as({"hidden_dims", "units", "layers"});
  f("optimizer", optimizer, "optimizer of the discriminator");
}

Discriminator::Discriminator(const DiscriminatorConfig& config, std::int64_t code, Initializer initializer) {
  auto width = code;
  const auto append = [&](std::int64_t out) {
    layers_.push_back(register_module(
        "layer_" + std::to_string(layers_.size()),
        std::make_shared<Affine>(width, out, /*with_bias=*/true, Initialization::he_uniform, initializer)));
    width = out;
  };
  for (const auto hidden : config.hidden) append(hidden);
  append(1);
}

at::Tensor Discriminator::forward(const at::Tensor& code) const {
  auto hidden = code.flatten(1);
  for (std::size_t i = 0; i + 1 < layers_.size(); ++i)
    hidden = layers_[i]->forward(hidden, Activation::leaky_relu);
  return layers_.back()->forward(hidden, Activation::linear).squeeze(1);
}

at::Tensor cost_as_first(const at::Tensor& logits) { return at::softplus(-logits); }
at::Tensor cost_as_second(const at::Tensor& logits) { return at::softplus(logits); }

}  // namespace aelab
