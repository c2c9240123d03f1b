#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace aelab {

// What single code dimensions say about factors of variation. `codes` are [rows, dimensions] float64,
// `factors` [rows, factors] int64 from 0, of at least two values each; both on the CPU.

/// Mutual information in nats of each code dimension with each factor, [dimensions, factors], after dividing
/// the range of each dimension into `bins` equal intervals, as numpy.histogram does: of the counts, without a
/// correction for their bias, which is about (bins - 1) (values - 1) / (2 rows) for independent ones. 0 for a
/// constant dimension.
at::Tensor mutual_information(const at::Tensor& codes, const at::Tensor& factors, std::int64_t bins);

/// The entropy of each factor in nats, [factors].
at::Tensor entropies_of(const at::Tensor& factors);

/// Mutual information gap (Chen, Li, Grosse & Duvenaud 2018, "Isolating sources of disentanglement in
/// variational autoencoders"): the mean over factors of the difference between the two largest mutual
/// informations of a dimension with the factor, over the factor's entropy; 0 is the second of a single
/// dimension. `information` [dimensions, factors], `entropies` [factors].
double mutual_information_gap(const at::Tensor& information, const at::Tensor& entropies);

/// Modularity (Ridgeway & Mozer 2018, "Learning deep disentangled embeddings with the F-statistic loss"): the
/// mean over dimensions of 1 - sum of squares of the others / ((factors - 1) square of the largest), of a
/// dimension's mutual informations; 0 for a dimension that says nothing. Needs two factors.
double modularity(const at::Tensor& information);

/// Separated attribute predictability (Kumar, Sattigeri & Balakrishnan 2018, "Variational inference of
/// disentangled latent concepts from unlabeled observations"): the mean over factors of the difference
/// between the two largest squared correlations of a dimension with the factor's numbers; the paper's variant
/// for continuous factors. Constant dimensions have correlation 0.
double separated_attribute_predictability(const at::Tensor& codes, const at::Tensor& factors);

}  // namespace aelab
