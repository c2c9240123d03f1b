#include "aelab/evaluation/metrics/code_statistics.h"

#include <ATen/ATen.h>

#include "aelab/evaluation/pixels.h"

namespace aelab {
namespace {

constexpr double kActive = 1e-8;
constexpr double kLow = 0.05, kHigh = 0.95;
constexpr std::int64_t kMostRankedUnits = 4096;
constexpr double kLeastVariance = 1e-12;  // relative to the largest
constexpr double kLeastDeviation = 1e-6;  // relative to the largest |value|: less is float32's rounding

/// Whether this bottleneck can make a code dimension exactly zero. A sigmoid or softplus cannot, a k-sparse
/// code or a linear one can: it is tried, at pre-codes from -16 to 16 in every dimension.
bool can_be_zero(const Bottleneck& bottleneck, const Shape& code) {
  constexpr std::int64_t kTries = 33;
  auto whole = bottleneck.pre_code_shape(code);
  std::vector<std::int64_t> column(whole.size() + 1, 1);
  column.front() = kTries;
  whole.insert(whole.begin(), kTries);
  const auto tries = at::linspace(-16, 16, kTries).view(column).expand(whole).contiguous();
  return (bottleneck.read(tries, {}) == 0).any().item<bool>();
}

/// exp of the entropy of the singular values, given their squares' multiples; variances below `least` are
/// zero.
std::optional<double> effective_rank_of(const Tensor& variances, double least) {
  const auto largest = variances.max();
  if (largest.item<double>() <= least) return std::nullopt;
  const auto singular = variances.masked_select(variances > kLeastVariance * largest).sqrt();
  const auto shares = singular / singular.sum();
  return (-(shares * shares.log()).sum()).exp().item<double>();
}

}  // namespace

std::vector<Measure> CodeStatistics::measures() const {
  return {
      {"code/mean_activation", "mean over samples and code dimensions", Direction::neither},
      {"code/l0",
       "number of active code dimensions, |value| > 1e-8, mean over samples; not applicable to codes that "
       "cannot be zero, such as those of a sigmoid",
       Direction::neither},
      {"code/dead_units",
       "number of code dimensions that are active, |value| > 1e-8, for no sample; not applicable to codes "
       "that cannot be zero",
       Direction::lower},
      {"code/effective_rank",
       "effective rank (Roy & Vetterli 2007): exp of the entropy, in nats, of the singular values of the "
       "centered codes over their sum; variances below 1e-12 of the largest, and standard deviations below "
       "1e-6 of the largest |value|, count as zero; not applicable to codes that do not vary",
       Direction::neither},
      {"code/saturated",
       "share of values below 0.05 or above 0.95; only for codes whose values all lie in [0, 1]",
       Direction::neither},
  };
}

void CodeStatistics::begin(const Autoencoder& model, const Split&) {
  can_be_zero_ = can_be_zero(model.parts().bottleneck, model.code_shape());
}

void CodeStatistics::begin_with(const Tensor& first) {
  const auto units = first.numel();
  ever_active_ = at::zeros({units}, first.options().dtype(at::kBool));
  origin_ = first.to(at::kDouble);
  if (units > kMostRankedUnits) return;
  moments_ = at::zeros({units}, origin_.options());
  products_ = at::zeros({units, units}, origin_.options());
}

void CodeStatistics::add(const Observation& observation) {
  const auto code = observation.code.flatten(1);
  if (rows_ == 0) begin_with(code[0]);
  rows_ += code.size(0);
  const auto active = code.abs() > kActive;
  active_ += active.sum().item<std::int64_t>();
  ever_active_ = ever_active_.logical_or(active.any(0));
  sum_ += code.sum(at::kDouble).item<double>();
  largest_ = std::max(largest_, code.abs().max().item<double>());
  within_unit_ = within_unit_ && is_within_unit(code);
  if (within_unit_) saturated_ += (code < kLow).logical_or(code > kHigh).sum().item<std::int64_t>();
  if (!products_.defined()) return;
  const auto shifted = code.to(at::kDouble) - origin_;
  moments_ = moments_ + shifted.sum(0);
  products_ = products_ + shifted.t().matmul(shifted);
}

std::optional<double> CodeStatistics::effective_rank() const {
  if (!products_.defined()) return std::nullopt;
  const auto rows = static_cast<double>(rows_);
  const auto covariance = ((products_ - at::outer(moments_, moments_) / rows) / rows).cpu();
  if (!covariance.isfinite().all().item<bool>()) return std::nullopt;
  const double least = kLeastDeviation * largest_;
  return effective_rank_of(at::linalg_eigvalsh(covariance), least * least);
}

std::vector<std::optional<double>> CodeStatistics::values() const {
  const auto rows = static_cast<double>(rows_), numbers = rows * static_cast<double>(ever_active_.numel());
  std::optional<double> saturated;
  if (within_unit_) saturated = static_cast<double>(saturated_) / numbers;
  std::optional<double> active, dead;
  if (can_be_zero_) {
    active = static_cast<double>(active_) / rows;
    dead = static_cast<double>(ever_active_.logical_not().sum().item<std::int64_t>());
  }
  return {sum_ / numbers, active, dead, effective_rank(), saturated};
}

}  // namespace aelab
