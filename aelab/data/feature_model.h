#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace aelab {

/// What a FeatureModel is drawn by. The names of the rules are those of FeatureModel's parts.
struct FeatureRules {
  std::int64_t features = 0, dimensions = 0;
  double most_probable = 0, least_probable = 0, exponent = 0;  // of firing
  std::int64_t roots = 0, children = 0, depth = 0;             // of the forest
  bool exclusive = false, compensated = false, scaled = false;
  double correlation = 0;
  std::int64_t rank = 1;
  double first_size = 0, last_size = 0, spread = 0, spread_deviation = 0;
  std::int64_t orthogonal_steps = 0;
  double orthogonal_rate = 0;
  double bias = 0;
};

/// Features whose directions, frequencies and dependences are known, after SynthSAEBench (Chanin &
/// Garriga-Alonso 2026; the generator of SAELens 6): its distribution, not its numbers. A row is made as
/// follows.
/// 1. Feature i fires where F_i e + sqrt(1 - |F_i|^2) n_i > quantile(1 - p_i), for standard normal e [rank]
///    and n_i.
/// 2. Its size is max(0, mean_i + deviation_i z), for a standard normal z.
/// 3. From the roots of the forest to its leaves, the size of a child is multiplied by that of its parent
///    over the parent's mean (`scaled`) or by 1, and is 0 where the parent's is; then, among siblings of
///    sizes above 0, one stays that is chosen with equal chances (`exclusive`).
/// 4. The row is the sum of the directions times these sizes, plus the bias.
struct FeatureModel {
  at::Tensor dictionary;   ///< [features, dimensions] float, of norm 1
  at::Tensor bias;         ///< [dimensions] float
  at::Tensor rates;        ///< [features] double, p_i before the correction
  at::Tensor corrected;    ///< [features] double, p_i
  at::Tensor factors;      ///< F, [features, rank] double
  at::Tensor means;        ///< [features] double
  at::Tensor deviations;   ///< [features] double
  at::Tensor parents;      ///< [features] int64; -1: none
  at::Tensor first_child;  ///< [features] int64, the first of its children, which are consecutive
  at::Tensor children;     ///< [features] int64, their number
  bool exclusive = false, scaled = false;

  /// Draws a model; a function of rules and seed. With orthogonal steps it takes a while where there are many
  /// features: 12 features dimensions^2 operations a step.
  static FeatureModel drawn(const FeatureRules& rules, std::int64_t seed);
};

/// Rows of norm 1 that are more nearly orthogonal than `rows` [n, d] float, whose norms must not be 0: after
/// `steps` steps of Adam (moments .9 and .999, epsilon 1e-8) at `rate` on the sum over i != j of (d_i d_j)^2
/// plus n times the sum of (|d_i|^2 - 1)^2. The bits do not depend on the number of threads.
at::Tensor nearly_orthogonal(const at::Tensor& rows, std::int64_t steps, double rate);

}  // namespace aelab
