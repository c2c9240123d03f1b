#include "aelab/evaluation/decoder_directions.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>

namespace aelab {

bool has_affine_decoder(const Autoencoder& model) {
  if (model.conditions() > 0) return false;
  const auto layers = model.parts().backbone.layers();
  const auto affine = [](const LayerOutline& layer) { return layer.network == "encoder" || layer.affine; };
  return !layers.empty() && std::all_of(layers.begin(), layers.end(), affine) &&
         model.parts().likelihood.mean_is_output();
}

/// The decoder's Jacobian by backward passes: unlike differences of outputs it loses no digits to the bias.
Tensor decoder_directions(const Autoencoder& model) {
  constexpr std::int64_t kFeaturesAtOnce = 256;
  const c10::InferenceMode outside_inference(false);
  const at::AutoGradMode gradients(true);
  const auto features = elements(model.target_shape());
  std::vector<Tensor> columns;
  for (std::int64_t begin = 0; begin < features; begin += kFeaturesAtOnce) {
    const auto count = std::min(kFeaturesAtOnce, features - begin);
    auto shape = model.code_shape();
    shape.insert(shape.begin(), count);  // row i is for feature begin + i
    const auto code = at::zeros(shape, model.parameters().front().options()).requires_grad_();
    const auto outputs =
        model.parts().backbone.decode(code, {}).flatten(1).narrow(1, begin, count).diagonal().sum();
    columns.push_back(torch::autograd::grad({outputs}, {code}).front().flatten(1).t());
  }
  return at::cat(columns, 1).cpu().to(at::kDouble);
}

}  // namespace aelab
