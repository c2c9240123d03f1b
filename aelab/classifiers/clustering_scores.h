#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace aelab {

/// How well clusters agree with classes, whatever the clusters are called. Both [rows] int64, numbered from
/// 0, at least one row.

/// Mutual information over the mean of the two entropies (scikit-learn's normalized_mutual_info_score): 1
/// where the partitions are the same, 0 where one says nothing about the other.
double normalized_mutual_information(const at::Tensor& clusters, const at::Tensor& classes);

/// Hubert & Arabie 1985: pairs of rows on which the partitions agree, 0 on average for random partitions, 1
/// for equal ones.
double adjusted_rand_index(const at::Tensor& clusters, const at::Tensor& classes);

/// Share of rows whose cluster stands for their class, each cluster standing for at most one class and the
/// other way round, as favorably as possible.
double best_matching_accuracy(const at::Tensor& clusters, const at::Tensor& classes);

/// For each row of gains [rows, columns] the column matched to it, or -1: at most one to one, with the
/// largest sum. The Hungarian algorithm by shortest augmenting paths (Jonker & Volgenant 1987), cubic time.
std::vector<std::int64_t> best_matching(const at::Tensor& gains);

}  // namespace aelab
