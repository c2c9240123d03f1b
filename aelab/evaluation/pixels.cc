#include "aelab/evaluation/pixels.h"

#include <ATen/ATen.h>

namespace aelab {

bool is_within_unit(const at::Tensor& x) {
  const auto [least, most] = at::aminmax(x);
  return least.item<double>() >= 0 && most.item<double>() <= 1;
}

at::Tensor cross_entropy(const at::Tensor& x, const at::Tensor& y) {
  constexpr double kClip = 1e-7;  // float32 would round 1 - kClip
  const auto p = y.to(at::kDouble).clamp(kClip, 1 - kClip);
  return -(x * p.log() + (1 - x) * (-p).log1p());
}

}  // namespace aelab
