#include "aelab/evaluation/metrics/clustering.h"

#include <ATen/ATen.h>

#include "aelab/classifiers/clustering_scores.h"
#include "aelab/classifiers/k_means.h"

namespace aelab {

void Clustering::Config::fields(Fields& f) {
  f("clusters", clusters, "number of clusters; the number of classes of the evaluated rows if omitted",
    at_least(1));
  f("restarts", restarts, "starts of k-means, of which the one with the lowest inertia is kept", at_least(1));
}

std::vector<Measure> Clustering::measures() const {
  return {
      {"clustering/nmi",
       "normalized mutual information of clusters and classes, by the mean of their entropies (k-means on "
       "the codes); not applicable unless there are more rows than clusters and than classes",
       Direction::higher},
      {"clustering/ari", "adjusted Rand index of clusters and classes (Hubert & Arabie 1985)",
       Direction::higher},
      {"clustering/accuracy",
       "share of rows whose cluster is matched to their class, by the best one-to-one matching",
       Direction::higher},
  };
}

void Clustering::check(const Split& data) const {
  if (!data.train.has_labels())
    throw Error("evaluation: \"clustering\" needs labels, and the data have none; leave it out");
}

void Clustering::add(const Observation& observation) {
  if (!observation.labels.defined()) return;
  codes_.push_back(observation.code.flatten(1).cpu());
  labels_.push_back(observation.labels.cpu());
}

std::vector<std::optional<double>> Clustering::values() const {
  std::vector<std::optional<double>> values(3);
  if (codes_.empty()) return values;
  const auto codes = at::cat(codes_), labels = at::cat(labels_);
  const auto classes = std::get<0>(at::_unique2(labels)).size(0);
  const KMeansConfig config{.clusters = config_.clusters.value_or(classes), .restarts = config_.restarts};
  if (classes < 2 || codes.size(0) <= std::max(classes, config.clusters)) return values;
  if (!codes.isfinite().all().item<bool>()) return values;
  const auto clusters = k_means(codes, config, /*seed=*/0).clusters;
  return {normalized_mutual_information(clusters, labels), adjusted_rand_index(clusters, labels),
          best_matching_accuracy(clusters, labels)};
}

}  // namespace aelab
