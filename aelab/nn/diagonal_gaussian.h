#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace aelab {

/// Gaussian distributions with diagonal covariances, one for each row: [batch, ...code].
struct DiagonalGaussian {
  at::Tensor mean, log_variance;

  /// Of what an encoder gives, twice the features or channels: the means, then the logarithms of the
  /// variances, which are bounded so that variances stay finite.
  static DiagonalGaussian from(const at::Tensor& pre_code);

  /// The logarithm of the density, with its constant and summed over dimensions, of `samples` codes of each
  /// row side by side: [batch x samples].
  at::Tensor log_density(const at::Tensor& code, std::int64_t samples) const;
  /// The KL divergence from N(0, deviation^2) in each dimension (Kingma & Welling 2014, appendix B): [batch,
  /// ...code].
  at::Tensor divergence_from_normal(double deviation = 1) const;
};

/// The logarithm of the density of a standard normal distribution, with its constant and summed over
/// dimensions: [rows, ...] -> [rows].
at::Tensor log_standard_normal(const at::Tensor& x);

}  // namespace aelab
