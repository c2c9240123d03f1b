#include "aelab/nn/finite_scalar_bottleneck.h"

#include <ATen/ATen.h>

#include "aelab/nn/code_vectors.h"

namespace aelab {
namespace {

constexpr double kMargin =
    1e-3;  // keeps the arguments of atanh, and so pre-codes, finite at the outer levels
constexpr double kMostLevels = 1000;  // with the margin, the bounds of more round to further levels
constexpr double kMostIndices = 9007199254740992;  // 2^53, exact in any number that is made of them

double product_of(const std::vector<std::int64_t>& levels) {
  double product = 1;
  for (const auto count : levels) product *= static_cast<double>(count);
  return product;
}

/// The indices that one level of each value counts: 1, L1, L1 L2, ...
Tensor place_values(const Tensor& levels) {
  const auto counts = levels.to(at::kLong);
  return counts.cumprod(0).div(counts, "floor");
}

}  // namespace

void FiniteScalarBottleneck::Config::fields(Fields& f) {
  f("levels", levels, "number of levels of each value of a vector", between(2, kMostLevels))
      .also_known_as({"num_levels", "n_levels", "codebook_levels"});
  f.require(!levels.empty(), "levels", "must have at least one number");
  f.require(product_of(levels) <= kMostIndices, "levels", "have more than 2^53 combinations");
}

std::vector<FiniteScalarBottleneck::Config> FiniteScalarBottleneck::Config::examples() {
  return {{.levels = {4, 3}}, {.levels = {5}}};
}

void FiniteScalarBottleneck::build(const Shape& code, std::int64_t /*seed*/) {
  require_vectors(code, dimension(), "levels");
  code_ = code;
  levels_ = register_buffer("levels", at::tensor(config_.levels, at::kFloat));
}

Tensor FiniteScalarBottleneck::half_widths() const { return (levels_ / 2).floor(); }

Tensor FiniteScalarBottleneck::bounded(const Tensor& pre_code) const {
  const auto bound = (levels_ - 1) * ((1 + kMargin) / 2);
  const auto offset = 0.5 * (1 - levels_.remainder(2));
  const auto shift = (offset / bound).atanh();
  return (vectors_of(pre_code, dimension()) + shift).tanh() * bound - offset;
}

Tensor FiniteScalarBottleneck::through(const Tensor& bounded) const {
  const auto values = bounded.detach().round() + (bounded - bounded.detach());
  return codes_of(values / half_widths(), code_);
}

Tensor FiniteScalarBottleneck::read(const Tensor& pre_code, const Step&) const {
  return through(bounded(pre_code));
}

void FiniteScalarBottleneck::code(Pass& pass, const Step&) const {
  const auto values = bounded(pass.pre_code);
  pass.extras["indices"] = indices_at(values.detach());
  pass.code = through(values);
}

Tensor FiniteScalarBottleneck::indices_at(const Tensor& values) const {
  const auto digits = (values.round() + half_widths()).to(at::kLong);
  return (digits * place_values(levels_)).sum(-1);
}

Tensor FiniteScalarBottleneck::indices_of(const Tensor& code) const {
  const auto values = vectors_of(code, dimension()) * half_widths();
  return indices_at(values.maximum(-half_widths()).minimum(levels_ - 1 - half_widths()));
}

Tensor FiniteScalarBottleneck::from_indices(const Tensor& indices) const {
  const auto digits =
      indices.unsqueeze(-1).div(place_values(levels_), "floor").remainder(levels_.to(at::kLong));
  return codes_of((digits - half_widths()) / half_widths(), code_);
}

}  // namespace aelab
