#include "aelab/data/principal_components.h"

#include <ATen/ATen.h>

#include "aelab/data/batches.h"
#include "aelab/nn/layers.h"
#include "aelab/nn/transposed.h"

namespace aelab {

Tensor PrincipalComponents::encode(const Tensor& x) const {
  return aelab::linear(x.flatten(1) - mean, components, {});
}
Tensor PrincipalComponents::decode(const Tensor& code) const {
  return aelab::linear(code, components.t(), mean);
}

namespace {

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

}  // namespace

PrincipalComponents principal_components(const Dataset& dataset, std::int64_t k) {
  constexpr std::int64_t kRows = 1000;  // of a block, which stays in the last cache
  const Batches blocks(dataset, kRows);
  const auto origin = blocks[0].inputs.flatten(1).mean(0);  // near the mean: float32 keeps its digits
  const auto features = origin.numel();
  auto sum = at::zeros({features}, at::kDouble), products = at::zeros({features, features}, at::kDouble);
  for (std::int64_t i = 0; i < blocks.count(); ++i) {
    const auto shifted = transposed(blocks[i].inputs.flatten(1) - origin);
    sum += shifted.sum(1);
    add_products(shifted, products);
  }
  products = products.triu() + products.triu(1).t();
  const auto rows = static_cast<double>(dataset.size());
  const auto mean = (origin + sum / rows).to(at::kFloat);
  const auto covariance = (products - at::outer(sum, sum) / rows) / std::max(rows - 1, 1.0);
  const auto [values, vectors] = at::linalg_eigh(covariance);  // ascending
  const auto kept = std::min(k, features);
  auto components = vectors.flip(1).slice(1, 0, kept).t();
  const auto largest = components.gather(1, components.abs().argmax(1, /*keepdim=*/true));
  components = components * largest.sign();
  return {mean, components.to(at::kFloat).contiguous(),
          values.flip(0).slice(0, 0, kept).clamp_min(0).to(at::kFloat), covariance.trace().item<double>()};
}

}  // namespace aelab
