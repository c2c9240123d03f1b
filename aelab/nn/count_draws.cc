#include "aelab/nn/count_draws.h"

#include <ATen/ATen.h>

namespace aelab {

at::Tensor poisson_quantile(const at::Tensor& u, const at::Tensor& rate) {
  constexpr int kSteps = 60;  // of halving: beyond 2^53 whole numbers are not told apart
  // P(count <= k) = Q(k + 1, rate), the regularized upper incomplete gamma function.
  auto below = at::full_like(rate, -1.), upto = (rate + 12 * rate.sqrt() + 40).ceil();
  for (int i = 0; i < kSteps; ++i) {
    const auto middle = ((below + upto) / 2).floor();
    if ((upto - below <= 1).all().item<bool>()) break;
    const auto enough = at::igammac(middle + 1, rate) >= u;
    upto = at::where(enough & (middle > below), middle, upto);
    below = at::where(enough, below, middle);
  }
  return upto;
}

at::Tensor gamma_quantile(const at::Tensor& u, const at::Tensor& shape) {
  constexpr int kSteps = 60;
  constexpr double kLeast = -700, kMost = 30;
  const auto all = shape.expand_as(u).contiguous();
  auto low = at::full_like(u, kLeast), high = (all + 12 * all.sqrt() + 40).log().clamp_max(kMost);
  for (int i = 0; i < kSteps; ++i) {
    const auto middle = (low + high) / 2;
    const auto enough = at::igamma(all, middle.exp()) >= u;
    high = at::where(enough, middle, high);
    low = at::where(enough, low, middle);
  }
  return high.exp();
}

}  // namespace aelab
