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
       "cross-entropy in nats, mean over samples and features; reconstructions clipped to [1e-7, 1 - 1e-7]",
       Direction::lower},
      {"reconstruction/explained_variance",
       "1 - sum |x - reconstruction|^2 / sum |x - mean|^2 over the evaluated set", Direction::higher},
  };
}

void Reconstruction::add(const Observation& observation) {
  const auto x = observation.target.flatten(1), y = observation.reconstruction.flatten(1);
  const auto wide = x.to(at::kDouble);
  if (!sum_.defined()) sum_ = squares_ = at::zeros({x.size(1)}, wide.options());
  rows_ += x.size(0);
  features_ = x.size(1);
  squared_ += (x - y).square().sum(at::kDouble).item<double>();
  sum_ = sum_ + wide.sum(0);
  squares_ = squares_ + wide.square().sum(0);
  within_unit_ = within_unit_ && is_within_unit(x) && is_within_unit(y);
  if (within_unit_) cross_entropy_ += cross_entropy(x, y).sum(at::kDouble).item<double>();
}

std::vector<std::optional<double>> Reconstruction::values() const {
  const auto rows = static_cast<double>(rows_), numbers = rows * static_cast<double>(features_);
  const double spread = (squares_ - sum_.square() / rows).sum().item<double>();
  std::optional<double> entropy, explained;
  if (within_unit_) entropy = cross_entropy_ / numbers;
  if (spread > 0) explained = 1 - squared_ / spread;
  return {squared_ / numbers, squared_ / rows, entropy, explained};
}

}  // namespace aelab
