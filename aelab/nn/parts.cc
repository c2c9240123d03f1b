#include "aelab/nn/parts.h"

#include <ATen/ATen.h>

namespace aelab {

void Terms::add(std::string name, const Tensor& value, double weight, Additivity additivity) {
  const bool rows = value.dim() > 0;
  terms_.push_back({.name = std::move(name),
                    .value = rows ? value.mean() : value,
                    .weight = weight,
                    .additivity = additivity,
                    .rows = rows ? value : Tensor()});
}

Tensor Terms::total() const {
  Tensor total;
  for (const auto& term : terms_) {
    if (term.weight == 0) continue;
    const auto weighted = term.weight == 1 ? term.value : term.value * term.weight;
    total = total.defined() ? total + weighted : weighted;
  }
  return total.defined() ? total : at::zeros({}, terms_.at(0).value.options());
}

std::int64_t parameter_count(const torch::nn::Module& module) {
  std::int64_t count = 0;
  for (const auto& parameter : module.parameters()) count += parameter.numel();
  return count;
}

std::int64_t BackboneContext::code_dimension() const {
  if (code) return *code;
  if (default_code) return *default_code;
  throw Error("model.code: this backbone needs the dimension of the code, such as \"code\": 32");
}

Tensor Bottleneck::slope(const Tensor&, const Tensor&, const Step&) const {
  throw std::logic_error("a bottleneck without a slope");
}

}  // namespace aelab
