#include "aelab/evaluation/scores/reconstruction_score.h"

#include <ATen/ATen.h>

#include "aelab/data/batches.h"
#include "aelab/evaluation/sampler.h"

namespace aelab {
namespace {

constexpr const char* kScale = "scale";

/// [n, features] float64, on the CPU; 0 where the row's cell is missing.
Tensor squared_errors_of_features(const Autoencoder& model, const Batch& rows) {
  const auto condition = model.condition(rows);
  const auto reconstruction = model.decode(model.encode(rows.inputs, condition), condition);
  const auto target = model.target(rows.inputs);
  const auto errors = (target - reconstruction).square();
  return errors.masked_fill(target.isnan(), 0).flatten(1).to(at::kCPU, at::kDouble);
}

}  // namespace

void ReconstructionScore::Config::fields(Fields& f) {
  f("scaled", scaled,
    "divide the squared error of each feature by its mean over the training rows, so that all features count "
    "alike");
  f("floor", floor,
    "with scaled, share of the mean of all features' errors that is added to each of them, so that a feature "
    "that never varied does not decide alone",
    above(0));
}

std::string ReconstructionScore::definition() const {
  if (!config_.scaled) return "squared reconstruction error, summed over features";
  return "squared reconstruction error of each feature over its mean on training rows, summed over features";
}

void ReconstructionScore::fit_rows(const Autoencoder& model, const Dataset& rows, std::int64_t) {
  if (!config_.scaled) return;
  constexpr std::int64_t kRows = 1000;
  if (rows.size() == 0) throw Error("a scale of errors needs training rows, and there are none");
  const auto device = model.parameters().front().device();
  const Batches batches(rows, kRows);
  auto sum = at::zeros({elements(model.target_shape())}, at::kDouble);
  for (std::int64_t i = 0; i < batches.count(); ++i)
    sum += squared_errors_of_features(model, batches[i].to(device)).sum(0);
  const auto mean = sum / static_cast<double>(rows.size());
  const auto added = config_.floor * mean.mean();
  scale_ = mean + at::where(added > 0, added, at::ones_like(added));  // 1 where all errors are 0
}

ScoredRows ReconstructionScore::score(const Autoencoder& model, const Batch& rows, bool explain) const {
  auto errors = squared_errors_of_features(model, rows);
  if (scale_.defined()) errors = errors / scale_;
  return {errors.sum(1), explain ? errors : Tensor()};
}

NamedTensors ReconstructionScore::state() const {
  if (!scale_.defined()) return {};
  return {{kScale, scale_}};
}

void ReconstructionScore::load(const Autoencoder& model, const NamedTensors& state) {
  if (!config_.scaled) return;
  const auto& scale = tensor_named(state, kScale);
  if (scale.numel() != elements(model.target_shape()))
    throw Error("the scale of errors is of " + std::to_string(scale.numel()) +
                " features: it is another model's");
  scale_ = scale;
}

}  // namespace aelab
