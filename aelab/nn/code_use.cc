#include "aelab/nn/code_use.h"

#include <ATen/ATen.h>

namespace aelab {

void LatentUse::add(const DiagonalGaussian& codes, const Prior& prior) {
  const auto mean = codes.mean.flatten(1).to(at::kDouble);
  const auto each = prior.divergence(codes);
  if (rows_ == 0) {
    origin_ = mean[0].clone();
    differences_ = squares_ = at::zeros_like(origin_);
    if (each.defined()) divergence_ = at::zeros_like(origin_);
  }
  rows_ += mean.size(0);
  const auto difference = mean - origin_;
  differences_ = differences_ + difference.sum(0);
  squares_ = squares_ + difference.square().sum(0);
  if (each.defined()) divergence_ = divergence_ + each.flatten(1).sum(0, /*keepdim=*/false, at::kDouble);
}

Tensor LatentUse::divergence() const {
  return divergence_.defined() ? divergence_ / static_cast<double>(rows_) : divergence_;
}

Tensor LatentUse::variance_of_means() const {
  const auto rows = static_cast<double>(rows_);
  return (squares_ - differences_.square() / rows) / rows;
}

void CodebookCounts::add(const Tensor& indices, std::int64_t size) {
  if (!counts_.defined()) counts_ = at::zeros({size}, indices.options());
  const auto flat = indices.flatten();
  counts_ = counts_.scatter_add(0, flat, at::ones_like(flat));
}

double CodebookCounts::perplexity() const {
  const auto shares = counts_.to(at::kDouble) / counts_.sum();
  return (-at::xlogy(shares, shares).sum()).exp().item<double>();
}

double CodebookCounts::used() const { return (counts_ > 0).to(at::kDouble).mean().item<double>(); }

void ElementUse::add(const Pass& pass) {
  const auto& active = pass.active;
  const auto counts = active.defined()
                          ? at::zeros({active.width}, active.places.options())
                                .index_add_(0, active.places.select(0, 1), (active.values != 0).to(at::kLong))
                          : (pass.code.flatten(1) != 0).sum(0);
  active_ = active_.defined() ? active_ + counts : counts;
  rows_ += pass.code.size(0);
}

bool ElementUse::any_zero() const {
  return active_.defined() && active_.sum().item<std::int64_t>() < rows_ * active_.numel();
}

std::int64_t ElementUse::silent() const { return (active_ == 0).sum().item<std::int64_t>(); }

}  // namespace aelab
