#include "aelab/nn/sparse_bottlenecks.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "aelab/nn/sparse_codes.h"

namespace aelab {
namespace {

void require_at_most(double k, const Shape& code) {
  if (k > static_cast<double>(elements(code)))
    throw FieldError("k", "is more than the " + std::to_string(elements(code)) +
                              " elements to choose from; the code is " + to_string(code));
}

template <class K>
void k_field(Fields& f, K& k, const char* help, const Bounds& bounds) {
  f("k", k, help, bounds).also_known_as({"n_active", "num_active", "l0", "k_sparse"});
}

}  // namespace

ActiveElements SelectingBottleneck::active(const Tensor& pre_code, const Step& step) const {
  const auto flat = pre_code.flatten(1);
  auto active = select(flat, step);
  active.values = values_at(flat, active, takes_sparse_gradients_);
  if (is_positive()) active.values = active.values.relu();
  return active;
}

Tensor SelectingBottleneck::read(const Tensor& pre_code, const Step& step) const {
  return dense(active(pre_code, step)).view(pre_code.sizes());
}

void SelectingBottleneck::code(Pass& pass, const Step& step) const {
  if (!selects(step)) return Bottleneck::code(pass, step);
  pass.active = active(pass.pre_code, step);
  pass.code = dense(pass.active).view(pass.pre_code.sizes());
}

Tensor SelectingBottleneck::slope(const Tensor& pre_code, const Tensor&, const Step& step) const {
  const auto flat = pre_code.detach().flatten(1);
  auto kept = select(flat, step);
  const auto values = values_at(flat, kept);
  kept.values = is_positive() ? (values > 0).to(values.scalar_type()) : at::ones_like(values);
  return dense(kept).view(pre_code.sizes());
}

void TopKBottleneck::Config::fields(Fields& f) {
  k_field(f, k, "number of elements that are kept", between(1, kWidest));
}

void TopKBottleneck::build(const Shape& code, std::int64_t /*seed*/) {
  require_at_most(static_cast<double>(config_.k), code);
}

void AbsoluteTopKBottleneck::Config::fields(Fields& f) {
  k_field(f, k, "number of elements that are kept", between(1, kWidest));
}

void AbsoluteTopKBottleneck::build(const Shape& code, std::int64_t /*seed*/) {
  require_at_most(static_cast<double>(config_.k), code);
}

void BatchTopKBottleneck::Config::fields(Fields& f) {
  k_field(f, k, "number of elements that are kept a row, on average over a batch",
          {.least = 0, .most = kWidest, .open = true});
  f("decay", decay, "decay of the threshold's moving average per step", {.least = 0, .most = 1, .open = true})
      .also_known_as({"threshold_beta", "threshold_momentum"});
  f("debiased", debiased, "corrects the threshold's average for its start at 0");
}

void BatchTopKBottleneck::build(const Shape& code, std::int64_t /*seed*/) {
  require_at_most(config_.k, code);
  average_ = register_buffer("threshold", at::zeros({}));
  steps_ = register_buffer("threshold_steps", at::zeros({}));
}

ActiveElements BatchTopKBottleneck::select(const Tensor& pre_code, const Step&) const {
  const auto count = static_cast<std::int64_t>(config_.k * static_cast<double>(pre_code.size(0)));
  return largest_of_all(pre_code, std::clamp<std::int64_t>(count, 1, pre_code.numel()));
}

Tensor BatchTopKBottleneck::threshold() const {
  if (!config_.debiased) return average_;
  return at::where(steps_ > 0, average_ / (1 - at::pow(config_.decay, steps_.clamp_min(1))), 0);
}

Tensor BatchTopKBottleneck::read(const Tensor& pre_code, const Step& step) const {
  if (selects(step)) return SelectingBottleneck::read(pre_code, step);
  return at::where(pre_code > threshold().clamp_min(0), pre_code, 0);
}

Tensor BatchTopKBottleneck::slope(const Tensor& pre_code, const Tensor& code, const Step& step) const {
  if (selects(step)) return SelectingBottleneck::slope(pre_code, code, step);
  return (pre_code > threshold().clamp_min(0)).to(pre_code.scalar_type());
}

void BatchTopKBottleneck::after_step(std::span<const Pass> passes) {
  const at::NoGradGuard no_grad;
  Tensor smallest;
  for (const auto& pass : passes) {
    const auto& values = pass.active.values;
    const auto least = at::where(values > 0, values, std::numeric_limits<double>::infinity()).amin();
    smallest = smallest.defined() ? at::minimum(smallest, least) : least;
  }
  const auto found = smallest.isfinite();
  const auto next = config_.decay * average_ + (1 - config_.decay) * smallest;
  average_.copy_(at::where(found, next, average_));
  steps_.add_(found);
}

}  // namespace aelab
