#include "aelab/evaluation/sampler.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>

namespace aelab {

std::string Sampler::unsuited(const Autoencoder& model) const {
  const auto vectors = model.parts().bottleneck.codebook_size();
  if (vectors == 0) return {};
  return "this model's codes are made of the " + std::to_string(vectors) +
         " vectors of a codebook, and this sampler would draw others: choose \"autoregressive\"";
}

void Sampler::fit(const Autoencoder& model, const Tensor& codes, std::int64_t seed) {
  if (const auto reason = unsuited(model); !reason.empty()) throw Error(reason);
  const c10::InferenceMode outside_inference(false);
  fit_codes(model, codes, seed);
}

Tensor as_codes_of(const Autoencoder& model, const Tensor& codes) {
  auto shape = model.code_shape();
  shape.insert(shape.begin(), codes.size(0));
  return codes.to(model.parameters().front().options().requires_grad(false)).view(shape);
}

void require_rows(const Tensor& codes, std::int64_t least, const std::string& what) {
  if (codes.size(0) < least)
    throw Error(what + " needs at least " + std::to_string(least) + " training rows, and there are " +
                std::to_string(codes.size(0)));
}

const Tensor& tensor_named(const NamedTensors& state, std::string_view name) {
  const auto found =
      std::find_if(state.begin(), state.end(), [&](const auto& item) { return item.first == name; });
  if (found == state.end())
    throw Error("the sampler's state has no tensor \"" + std::string(name) + "\": it is another sampler's");
  return found->second;
}

}  // namespace aelab
