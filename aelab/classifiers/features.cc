#include "aelab/classifiers/features.h"

#include <ATen/ATen.h>

#include "aelab/core/signals.h"

namespace aelab {
namespace {

at::Tensor as_numbers(const at::Tensor& features) {
  return features.detach().to(at::TensorOptions(at::kCPU).dtype(at::kDouble)).contiguous();
}

std::string sizes_of(const at::Tensor& tensor) { return "[" + c10::Join(", ", tensor.sizes()) + "]"; }

}  // namespace

void check_training_rows(std::string_view name, const at::Tensor& features, const at::Tensor& labels,
                         std::int64_t classes) {
  const auto require = [&](bool holds, const std::string& problem) {
    if (!holds) throw Error(std::string(name) + ": " + problem);
  };
  require(features.defined() && features.dim() == 2, "features must be [rows, features]");
  require(features.size(0) > 0, "there are no rows to fit");
  require(features.size(1) > 0, "there are no features");
  require(labels.defined(), "labels are missing");
  require(labels.dim() == 1 && labels.size(0) == features.size(0) && labels.scalar_type() == at::kLong,
          "labels must be whole numbers, one a row; features are " + sizes_of(features) + ", labels " +
              sizes_of(labels));
  require(labels.min().item<std::int64_t>() >= 0 && labels.max().item<std::int64_t>() < classes,
          "labels must be from 0 to " + std::to_string(classes - 1));
  require(features.isfinite().all().item<bool>(), "a feature is infinite or not a number");
}

at::Tensor saved(const Classifier::State& state, std::string_view name) {
  for (const auto& [key, tensor] : state)
    if (key == name) return tensor.detach().to(at::kCPU);
  throw Error("the classifier's state has no \"" + std::string(name) + "\"");
}

FeatureScale::FeatureScale(const at::Tensor& features, bool standardize) {
  const auto x = as_numbers(features);
  mean_ = at::zeros({x.size(1)}, at::kDouble);
  deviation_ = at::ones({x.size(1)}, at::kDouble);
  if (!standardize) return;
  mean_ = x.mean(0);
  const auto deviation = (x - mean_).square().mean(0).sqrt();
  const auto constant = deviation <= 1e-12 * x.abs().amax(0);
  deviation_ = at::where(constant, deviation_, deviation);
}

at::Tensor FeatureScale::operator()(const at::Tensor& features) const {
  if (!mean_.defined()) throw Error("a classifier predicts nothing before it is fitted");
  if (features.dim() != 2 || features.size(1) != mean_.size(0))
    throw Error("the classifier was fitted to " + std::to_string(mean_.size(0)) + " features; these are " +
                sizes_of(features));
  return (as_numbers(features) - mean_) / deviation_;
}

void FeatureScale::save(Classifier::State& state) const {
  state.emplace_back("mean", mean_);
  state.emplace_back("deviation", deviation_);
}

void FeatureScale::load(const Classifier::State& state) {
  mean_ = saved(state, "mean");
  deviation_ = saved(state, "deviation");
}

at::Tensor squared_distances(const at::Tensor& a, const at::Tensor& b) {
  const auto squares = a.square().sum(1, /*keepdim=*/true) + b.square().sum(1);
  return at::addmm(squares, a, b.t(), 1, -2).clamp_min_(0);
}

at::Tensor in_blocks_of_rows(const at::Tensor& features, std::int64_t columns,
                             const std::function<at::Tensor(const at::Tensor& block)>& call) {
  constexpr std::int64_t kNumbers = 1 << 22;
  const auto size = std::max<std::int64_t>(1, kNumbers / std::max<std::int64_t>(1, columns));
  std::vector<at::Tensor> results;
  for (const auto& block : features.split(size)) {
    StopSignals::check();
    results.push_back(call(block));
  }
  return at::cat(results);
}

}  // namespace aelab
