#include "aelab/nn/masked_flow.h"

#include <ATen/ATen.h>

#include "aelab/nn/parts.h"

namespace aelab {
namespace {

struct ShiftAndScale {
  at::Tensor shift, scale;  // [n, features]
};

ShiftAndScale shift_and_scale(const MaskedNetwork& network, const at::Tensor& x, const at::Tensor& context) {
  constexpr double kLargestScale = 3;
  const auto both = network.forward(x, context);
  return {both.select(1, 0), kLargestScale * (both.select(1, 1) / kLargestScale).tanh()};
}

/// The x of y = (x - shift) exp(-scale), feature by feature: those that are not known yet are 0, and no
/// earlier one depends on them.
at::Tensor inverted(const MaskedNetwork& network, const at::Tensor& y, const at::Tensor& context) {
  const auto features = y.size(1);
  const auto places = at::arange(features, y.options().dtype(at::kLong));
  auto x = at::zeros_like(y);
  for (std::int64_t known = 0; known < features; ++known) {
    const auto [shift, scale] = shift_and_scale(network, x, context);
    x = at::where(places <= known, y * scale.exp() + shift, 0);
  }
  return x;
}

bool is_reversed(std::size_t layer) { return layer % 2 == 1; }

at::Tensor reversed_if(bool reversed, const at::Tensor& x) { return reversed ? x.flip(1) : x; }

}  // namespace

void MaskedFlowConfig::fields(Fields& f) {
  f("layers", layers, "number of layers, which take the code's dimensions in alternating order",
    between(1, 100))
      .also_known_as({"n_made_blocks", "num_flows", "n_flows", "blocks", "num_transforms"});
  f("hidden", hidden, "widths of the hidden layers of each layer's network", between(1, kWidest))
      .also_known_as({"hidden_size", "hidden_features", "hidden_sizes", "hidden_dims", "units"});
  f("activation", activation, "activation of the hidden layers").also_known_as({"nonlinearity"});
}

MaskedFlow::MaskedFlow(const MaskedFlowConfig& config, std::int64_t features, std::int64_t context,
                       Initializer& initializer) {
  const MaskedNetwork::Sizes sizes = {
      .features = features, .context = context, .hidden = config.hidden, .outputs = 2};
  for (std::int64_t i = 0; i < config.layers; ++i)
    layers_.push_back(
        register_module("layer_" + std::to_string(i),
                        std::make_shared<MaskedNetwork>(sizes, config.activation, initializer)));
}

MaskedFlow::Mapped MaskedFlow::forward(const at::Tensor& x, const at::Tensor& context) const {
  Mapped mapped = {.values = x, .log_determinant = at::zeros({x.size(0)}, x.options())};
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const auto ordered = reversed_if(is_reversed(i), mapped.values);
    const auto [shift, scale] = shift_and_scale(*layers_[i], ordered, context);
    mapped.values = reversed_if(is_reversed(i), (ordered - shift) * (-scale).exp());
    mapped.log_determinant = mapped.log_determinant - scale.sum(1);
  }
  return mapped;
}

at::Tensor MaskedFlow::inverse(const at::Tensor& y, const at::Tensor& context) const {
  auto x = y;
  for (std::size_t i = layers_.size(); i-- > 0;)
    x = reversed_if(is_reversed(i), inverted(*layers_[i], reversed_if(is_reversed(i), x), context));
  return x;
}

}  // namespace aelab
