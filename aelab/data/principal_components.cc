#include "aelab/data/principal_components.h"

#include <ATen/ATen.h>

#include "aelab/core/signals.h"
#include "aelab/data/batches.h"
#include "aelab/nn/layers.h"
#include "aelab/nn/transposed.h"

namespace aelab {

Tensor PrincipalComponents::encode(const Tensor& x) const {
  return aelab::linear(x.flatten(1) - mean, components, {});
}
Tensor PrincipalComponents::decode(const Tensor& code) const {
  return aelab::linear(code, components.t(), {}) + mean;  // last, so that sums keep the digits of the code
}

std::int64_t PrincipalComponents::rank() const { return (variances > 0).sum().item<std::int64_t>(); }

namespace {

/// Variances along orthonormal directions, largest first. Those that rounding could have made are 0.
struct Directions {
  Tensor variances;   ///< [k], float64
  Tensor components;  ///< [k, features], float64
};

/// Sets the directions to zero whose variance rounding can explain: that of the data, float32 numbers whose
/// mean squares are `squares` [features], or that of the computation, `share` of the largest variance.
Directions without_rounding(const Tensor& variances, const Tensor& components, const Tensor& squares,
                            double share) {
  constexpr double kData = 16 * 0x1p-48;  // (4 float32 roundings, relative)^2
  const auto rounding =
      at::mv(components.square(), squares) * kData + share * variances.slice(0, 0, 1).clamp_min(0);
  const auto real = variances > rounding;
  return {at::where(real, variances, 0.), at::where(real.unsqueeze(1), components, 0.)};
}

constexpr double kExact = 0x1p-49,
                 kSingle = 1e-6;  // shares of the largest variance, of products in float64, float32

/// Adds x x^T to the upper triangle of `products`, x [features, rows]: a strip of rows at a time, from the
/// diagonal on, which is four sevenths of the whole square's work with 784 features, and half of it with
/// many.
void add_products(const Tensor& x, const Tensor& products) {
  constexpr std::int64_t kHeight = 128;  // lower ones make oneDNN's products slow
  const auto features = x.size(0);
  for (std::int64_t begin = 0; begin < features; begin += kHeight) {
    const auto end = std::min(begin + kHeight, features);
    products.slice(0, begin, end).slice(1, begin) +=
        aelab::linear(x.slice(0, begin, end), x.slice(0, begin), {});
  }
}

constexpr std::int64_t kBlockRows = 1000;  // of a block, which stays in the last cache

/// A data set's rows relative to `origin`, near the mean, so that float32 keeps its digits.
struct Centerd {
  const Batches& blocks;
  Tensor origin;

  Tensor operator[](std::int64_t i) const {
    if (i > 0) StopSignals::check();
    return blocks[i].inputs.flatten(1) - origin;
  }
};

/// By the eigenvectors of the features' covariance, for as many rows as features or more. Products of few
/// features are in float64, which costs little; of many, in float32.
Directions by_covariance(const Centerd& rows, double count, std::int64_t k, Tensor& mean, double& total) {
  constexpr std::int64_t kFew = 256;
  const auto features = rows.origin.numel();
  const bool exact = features <= kFew;
  auto sum = at::zeros({features}, at::kDouble), products = at::zeros({features, features}, at::kDouble);
  for (std::int64_t i = 0; i < rows.blocks.count(); ++i) {
    const auto shifted = transposed(rows[i]).to(exact ? at::kDouble : at::kFloat);
    sum += shifted.sum(1, /*keepdim=*/false, at::kDouble);
    add_products(shifted, products);
  }
  products = products.triu() + products.triu(1).t();
  mean = rows.origin + sum / count;
  const auto covariance = (products - at::outer(sum, sum) / count) / std::max(count - 1, 1.0);
  total = covariance.trace().item<double>();
  const auto [values, vectors] = at::linalg_eigh(covariance);  // ascending
  return without_rounding(values.flip(0).slice(0, 0, k), vectors.flip(1).slice(1, 0, k).t(),
                          covariance.diagonal() + mean.square(), exact ? kExact : kSingle);
}

/// By the eigenvectors of the rows' inner products, for fewer rows than features: no more memory than the
/// rows take, in float64. There are at most rows - 1 directions; further ones are zero.
Directions by_inner_products(const Centerd& rows, double count, std::int64_t k, Tensor& mean, double& total) {
  std::vector<Tensor> blocks;
  for (std::int64_t i = 0; i < rows.blocks.count(); ++i) blocks.push_back(rows[i].to(at::kDouble));
  auto x = at::cat(blocks);
  const auto center = x.mean(0);
  mean = rows.origin + center;
  x -= center;
  const double divisor = std::max(count - 1, 1.0);
  total = x.square().sum().item<double>() / divisor;
  const auto [values, vectors] = at::linalg_eigh(at::mm(x, x.t()) / divisor);
  const auto there = std::min(k, x.size(0));
  const auto variances = values.flip(0).slice(0, 0, there);
  auto components = at::mm(vectors.flip(1).slice(1, 0, there).t(), x);
  components = components / at::linalg_vector_norm(components, 2, 1, /*keepdim=*/true).clamp_min(1e-300);
  const auto found = without_rounding(variances, components, x.square().mean(0) + mean.square(), kExact);
  return {at::constant_pad_nd(found.variances, {0, k - there}),
          at::constant_pad_nd(found.components, {0, 0, 0, k - there})};
}

}  // namespace

PrincipalComponents principal_components(const Dataset& dataset, std::int64_t k) {
  const Batches blocks(dataset, kBlockRows);
  const Centerd rows{blocks, blocks[0].inputs.flatten(1).mean(0)};
  const auto features = rows.origin.numel();
  const auto method = dataset.size() < features ? by_inner_products : by_covariance;
  PrincipalComponents result;
  Tensor mean;
  auto found =
      method(rows, static_cast<double>(dataset.size()), std::min(k, features), mean, result.total_variance);
  const auto largest = found.components.gather(1, found.components.abs().argmax(1, /*keepdim=*/true));
  result.mean = mean.to(at::kFloat);
  result.components = (found.components * largest.sign()).to(at::kFloat).contiguous();
  result.variances = found.variances.to(at::kFloat);
  return result;
}

}  // namespace aelab
