#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace aelab {

// How well whole codes predict factors of variation. `codes` are [rows, dimensions] float64, `factors` [rows,
// factors] int64 from 0, of at least two values each; both on the CPU, in random order: predictors are fitted
// to the first two thirds of the rows, and tested on the rest.

// Disentanglement, completeness and informativeness are those of Eastwood & Williams 2018, "A framework for
// the quantitative evaluation of disentangled representations".

/// Disentanglement: the mean over dimensions, weighted by the sums of their importances, of 1 - the entropy
/// of a dimension's importances for the factors, with logarithms to the base of the number of factors; 0
/// where there are no importances. `importances` [dimensions, factors], not negative; needs two factors.
double disentanglement_of(const at::Tensor& importances);

/// Completeness: the same of each factor's importances of the dimensions, weighted by their sums, to the base
/// of the number of dimensions. Needs two dimensions.
double completeness_of(const at::Tensor& importances);

/// How much each dimension matters to predictions of each factor, and how good they are.
struct FactorPredictions {
  at::Tensor importances;  ///< [dimensions, factors]
  double accuracy = 0;     ///< the mean over factors: informativeness
};

/// By a random forest for each factor, which tries all dimensions at every node and has 10 rows or more at
/// each leaf: its importances are the mean decrease of the Gini impurity (classifiers/random_forest.h).
FactorPredictions predictions_by_forests(const at::Tensor& codes, const at::Tensor& factors,
                                         std::int64_t trees, std::int64_t seed);

/// Explicitness (Ridgeway & Mozer 2018, "Learning deep disentangled embeddings with the F-statistic loss"):
/// the mean over factors and their values of 2 AUC - 1, of the area under the ROC curve when a multinomial
/// logistic regression (C = 1, standardized codes) tells a value from all others: 0 by chance. Only values
/// that some but not all tested rows have count.
double explicitness(const at::Tensor& codes, const at::Tensor& factors);

}  // namespace aelab
