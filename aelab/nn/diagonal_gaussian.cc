#include "aelab/nn/diagonal_gaussian.h"

#include <ATen/ATen.h>

#include <cmath>

#include "aelab/nn/noise.h"

namespace aelab {

at::Tensor log_standard_normal(const at::Tensor& x) {
  return -0.5 * (x.square() + std::log(2 * M_PI)).flatten(1).sum(1);
}

DiagonalGaussian DiagonalGaussian::from(const at::Tensor& pre_code) {
  constexpr double kLargest = 40;  // keeps variances finite
  const auto half = pre_code.size(1) / 2;
  return {pre_code.narrow(1, 0, half), pre_code.narrow(1, half, half).clamp_max(kLargest)};
}

at::Tensor DiagonalGaussian::log_density(const at::Tensor& code, std::int64_t samples) const {
  const auto standardized = (code - repeated(mean, samples)) * repeated((-0.5 * log_variance).exp(), samples);
  return log_standard_normal(standardized) - repeated(0.5 * log_variance.flatten(1).sum(1), samples);
}

at::Tensor DiagonalGaussian::divergence_from_normal(double deviation) const {
  const double variance = deviation * deviation;
  const auto second_moment = mean.square() + log_variance.exp();
  return 0.5 * ((deviation == 1 ? second_moment : second_moment / variance) - (1 - std::log(variance)) -
                log_variance);
}

}  // namespace aelab
