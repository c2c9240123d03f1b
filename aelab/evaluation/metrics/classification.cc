#include "aelab/evaluation/metrics/classification.h"

#include <ATen/ATen.h>

namespace aelab {

std::vector<Measure> Classification::measures() const {
  return {{"classification/accuracy", "share of samples that the model's own classifier predicts correctly",
           Direction::higher}};
}

void Classification::add(const Observation& observation) {
  if (!observation.predicted.defined() || !observation.labels.defined()) return;
  rows_ += observation.labels.size(0);
  classes_.add(observation.labels);
  right_ += (observation.predicted.cpu() == observation.labels.cpu()).sum().item<std::int64_t>();
}

std::vector<std::optional<double>> Classification::values() const {
  if (!classes_.differ()) return {std::nullopt};
  return {static_cast<double>(right_) / static_cast<double>(rows_)};
}

}  // namespace aelab
