#include "aelab/evaluation/frechet_distance.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace aelab {
namespace {

struct FittedGaussian {
  at::Tensor mean, factor;  // [d]; [d, r], whose product with its transpose is the covariance
};

FittedGaussian gaussian_of(const at::Tensor& rows) {
  const auto x = rows.to(at::kDouble), mean = x.mean(0);
  const auto centered = (x - mean) / std::sqrt(static_cast<double>(x.size(0) - 1));
  if (x.size(0) <= x.size(1)) return {mean, centered.t()};
  const auto [values, vectors] = at::linalg_eigh(at::mm(centered.t(), centered));
  return {mean, vectors * values.clamp_min(0).sqrt()};
}

}  // namespace

double squared_frechet_distance(const at::Tensor& a, const at::Tensor& b) {
  const auto x = gaussian_of(a), y = gaussian_of(b);
  const auto shared = at::linalg_svdvals(at::mm(x.factor.t(), y.factor)).sum();
  const auto distance =
      (x.mean - y.mean).square().sum() + x.factor.square().sum() + y.factor.square().sum() - 2 * shared;
  return std::max(0.0, distance.item<double>());
}

}  // namespace aelab
