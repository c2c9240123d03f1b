#include "aelab/nn/penalties.h"

#include <ATen/ATen.h>

namespace aelab {

Tensor L1Penalty::value(const Pass& pass, const Parts&, const Step&) const {
  return pass.code.abs().flatten(1).sum(1);
}

Tensor WeightDecayPenalty::value(const Pass& pass, const Parts& parts, const Step&) const {
  auto sum = at::zeros({}, pass.code.options());
  for (const auto& parameter : parts.backbone.parameters())
    if (parameter.dim() > 1) sum = sum + parameter.square().sum();
  return 0.5 * sum;
}

}  // namespace aelab
