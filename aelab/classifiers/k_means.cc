#include "aelab/classifiers/k_means.h"

#include <ATen/ATen.h>

#include "aelab/classifiers/features.h"
#include "aelab/core/random.h"
#include "aelab/core/signals.h"

namespace aelab {
namespace {

/// Centers drawn among the rows, each with probability proportional to its squared distance from those drawn
/// before.
at::Tensor seed_centers(const at::Tensor& x, std::int64_t clusters, at::Generator random) {
  auto centers = at::empty({clusters, x.size(1)}, at::kDouble);
  at::Tensor distances;
  for (std::int64_t i = 0; i < clusters; ++i) {
    const bool even = i == 0 || distances.max().item<double>() == 0;
    const auto drawn = even ? at::randint(x.size(0), {1}, random, at::kLong)
                            : at::multinomial(distances, 1, /*replacement=*/false, random);
    const auto center = x.index_select(0, drawn);
    centers.slice(0, i, i + 1).copy_(center);
    const auto to_new = squared_distances(x, center).squeeze(1);
    distances = i == 0 ? to_new : at::minimum(distances, to_new);
  }
  return centers;
}

/// The means of the clusters' rows; an empty cluster takes the next of the rows farthest from their centers.
at::Tensor means_of(const at::Tensor& x, const at::Tensor& clusters, const at::Tensor& distances,
                    std::int64_t count) {
  const auto sizes = clusters.bincount({}, count);
  auto means = at::zeros({count, x.size(1)}, at::kDouble).index_add_(0, clusters, x);
  means.div_(sizes.clamp_min(1).unsqueeze(1));
  const auto empty = (sizes == 0).nonzero().squeeze(1);
  if (empty.size(0) > 0)
    means.index_copy_(0, empty, x.index_select(0, std::get<1>(distances.topk(empty.size(0)))));
  return means;
}

KMeans lloyd(const at::Tensor& x, at::Tensor centers, std::int64_t iterations) {
  at::Tensor before;
  for (std::int64_t i = 0;; ++i) {
    StopSignals::check();
    auto [distances, clusters] = squared_distances(x, centers).min(1);
    if (i == iterations || (before.defined() && clusters.equal(before)))
      return {std::move(centers), std::move(clusters), distances.sum().item<double>()};
    centers = means_of(x, clusters, distances, centers.size(0));
    before = clusters;
  }
}

}  // namespace

KMeans k_means(const at::Tensor& features, const KMeansConfig& config, std::int64_t seed) {
  if (features.dim() != 2 || features.size(0) < config.clusters)
    throw Error("k-means: " + std::to_string(config.clusters) + " clusters need at least as many rows");
  if (!features.isfinite().all().item<bool>()) throw Error("k-means: a feature is infinite or not a number");
  auto x = features.detach().to(at::TensorOptions(at::kCPU).dtype(at::kDouble));
  const auto origin = x.mean(0, /*keepdim=*/true);  // distances are most exact around it
  x = x - origin;
  std::optional<KMeans> best;
  for (std::int64_t start = 0; start < config.restarts; ++start) {
    const auto random = random_generator(seed, "k-means", {.epoch = start});
    auto found = lloyd(x, seed_centers(x, config.clusters, random), config.iterations);
    if (!best || found.inertia < best->inertia) best = std::move(found);
  }
  best->centers = best->centers + origin;
  return *best;
}

}  // namespace aelab
