#pragma once

#include <ATen/core/Tensor.h>

namespace aelab {

/// The squared Frechet distance (2-Wasserstein distance) between the Gaussians with the means and the
/// unbiased covariances of two sets of rows, [n, d] and [m, d], with n and m at least 2 (Dowson & Landau
/// 1982): |mean difference|^2 + tr(A) + tr(B) - 2 tr((A B)^(1/2)). The last trace is the sum of the singular
/// values of a product of factors of A and B, so that covariances may be of any rank. In float64.
double squared_frechet_distance(const at::Tensor& a, const at::Tensor& b);

}  // namespace aelab
