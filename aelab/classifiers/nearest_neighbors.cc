#include "aelab/classifiers/nearest_neighbors.h"

#include <ATen/ATen.h>

namespace aelab {
namespace {

/// neighbors [rows, k]: labels, nearest first.
at::Tensor vote(const at::Tensor& neighbors) {
  const auto counts = (neighbors.unsqueeze(2) == neighbors.unsqueeze(1)).sum(2);
  const auto first = counts.argmax(1, /*keepdim=*/true);  // the nearest of those with the largest count
  return neighbors.gather(1, first).squeeze(1);
}

}  // namespace

void NearestNeighbors::Config::fields(Fields& f) {
  f("k", k, "how many neighbors vote", at_least(1));
  f("standardize", standardize, "scale features to mean 0 and standard deviation 1 over the training rows");
}

void NearestNeighbors::fit(const at::Tensor& features, const at::Tensor& labels, std::int64_t classes,
                           std::int64_t /*seed*/) {
  check_training_rows(Config::kind, features, labels, classes);
  scale_ = FeatureScale(features, config_.standardize);
  rows_ = scale_(features).to(at::kFloat);
  labels_ = labels.cpu();
}

at::Tensor NearestNeighbors::predict(const at::Tensor& features) const {
  const auto z = scale_(features), rows = rows_.to(at::kDouble);
  const auto k = std::min(config_.k, rows.size(0));
  return in_blocks_of_rows(z, rows.size(0), [&](const at::Tensor& block) {
    const auto nearest = std::get<1>(squared_distances(block, rows).topk(k, 1, /*largest=*/false));
    return vote(labels_.index({nearest}));
  });
}

Classifier::State NearestNeighbors::state() const {
  State state;
  scale_.save(state);
  state.emplace_back("rows", rows_);
  state.emplace_back("labels", labels_);
  return state;
}

void NearestNeighbors::load(const State& state) {
  scale_.load(state);
  rows_ = saved(state, "rows");
  labels_ = saved(state, "labels");
}

}  // namespace aelab
