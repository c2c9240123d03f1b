#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

namespace aelab {

// Scores of guessing which factor was held fixed in a group of rows. `codes` are [rows, dimensions] float64,
// `factors` [rows, factors] int64 from 0; both on the CPU. Groups are drawn from these rows: a factor, each
// equally likely, then rows that have the same value of it; where the rows are a random sample of all
// combinations, the other factors are independent of it. Every group has 64 rows or pairs of rows, drawn with
// replacement; 10,000 groups are learned from, and 5,000 others tested. A factor of which no two rows have
// the same value is not drawn; there is no score unless two factors can be.

/// The score of Higgins et al. 2017, "beta-VAE: learning basic visual concepts with a constrained variational
/// framework": a multinomial logistic regression (C = 1, standardized features) predicts the factor from the
/// mean absolute difference of the two codes of 64 pairs of rows, of which each has one value of the factor
/// in common; its accuracy.
std::optional<double> beta_vae_score(const at::Tensor& codes, const at::Tensor& factors, std::int64_t seed);

/// The score of Kim & Mnih 2018, "Disentangling by factorising": the dimension whose variance among 64 rows
/// with one value of a factor, over its variance among all rows, is least, votes for this factor; the
/// accuracy of the majority vote. Constant dimensions do not vote; 0 where all are constant.
std::optional<double> factor_vae_score(const at::Tensor& codes, const at::Tensor& factors, std::int64_t seed);

}  // namespace aelab
