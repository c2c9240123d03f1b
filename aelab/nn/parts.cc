#include "aelab/nn/parts.h"

#include <ATen/ATen.h>

namespace aelab {

void Terms::add(std::string name, const Tensor& value, double weight) {
  terms_.push_back({std::move(name), value.dim() == 0 ? value : value.mean(), weight});
}

Tensor Terms::total() const {
  Tensor total;
  for (const auto& term : terms_) {
    const auto weighted = term.weight == 1 ? term.value : term.value * term.weight;
    total = total.defined() ? total + weighted : weighted;
  }
  return total;
}

}  // namespace aelab
