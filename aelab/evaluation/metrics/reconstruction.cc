#include "aelab/evaluation/metrics/reconstruction.h"

#include <ATen/ATen.h>

#include "aelab/evaluation/pixels.h"

namespace aelab {

std::vector<Measure> Reconstruction::measures() const {
  return {
      {"reconstruction/mse", "squared error, mean over samples and features", Direction::lower},
      {"reconstruction/squared_error", "squared error, summed over features, mean over samples",
       Direction::lower},
      {"reconstruction/bce_per_pixel",
       "cross-entropy in nats, mean over samples and features; reconstructions clipped to [1e-7, 1 - 1e-7]; "
       "not "
       "applicable where a sample or a reconstruction has values outside [0, 1]",
       Direction::lower},
      {"reconstruction/explained_variance",
       "coefficient of determination R^2 over all features: 1 - sum |x - reconstruction|^2 / sum |x - "
       "mean|^2 over the evaluated set, so that a constant offset counts as an error (scikit-learn's "
       "r2_score with variance_weighted, not its explained_variance_score); not applicable to constant data",
       Direction::higher},
  };
}

void Reconstruction::add(const Observation& observation) {
  const auto x = observation.target.flatten(1), y = observation.reconstruction.flatten(1);
  const auto wide = x.to(at::kDouble);
  if (!origin_.defined()) {
    origin_ = wide[0].nan_to_num(0);
    sum_ = squares_ = known_ = at::zeros_like(origin_);
  }
  const auto missing = wide.isnan();
  const auto shifted = (wide - origin_).masked_fill(missing, 0);
  rows_ += x.size(0);
  known_ = known_ + missing.logical_not().sum(0);
  squared_ += (wide - y).masked_fill(missing, 0).square().sum().item<double>();
  sum_ = sum_ + shifted.sum(0);
  squares_ = squares_ + shifted.square().sum(0);
  within_unit_ = within_unit_ && is_within_unit(x) && is_within_unit(y);
  if (within_unit_) cross_entropy_ += cross_entropy(x, y).sum(at::kDouble).item<double>();
}

std::vector<std::optional<double>> Reconstruction::values() const {
  const auto rows = static_cast<double>(rows_), numbers = known_.sum().item<double>();
  const double spread = (squares_ - sum_.square() / known_.clamp_min(1)).sum().item<double>();
  std::optional<double> entropy, explained;
  if (within_unit_) entropy = cross_entropy_ / numbers;
  if (spread > 0) explained = 1 - squared_ / spread;
  return {squared_ / numbers, squared_ / rows, entropy, explained};
}

}  // namespace aelab
