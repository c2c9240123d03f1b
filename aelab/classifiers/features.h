#pragma once

#include <functional>

#include "aelab/classifiers/classifier.h"

namespace aelab {

/// Error that begins with the classifier's name, unless features and labels are what Classifier::fit takes.
void check_training_rows(std::string_view name, const at::Tensor& features, const at::Tensor& labels,
                         std::int64_t classes);

/// What a state holds under that name, on the CPU. Error if nothing.
at::Tensor saved(const Classifier::State& state, std::string_view name);

/// Scales features to mean 0 and standard deviation 1 over the training rows (the biased estimate; that of a
/// constant feature is taken as 1), or leaves them unchanged.
class FeatureScale {
 public:
  FeatureScale() = default;
  FeatureScale(const at::Tensor& features, bool standardize);

  /// [rows, features] float64 on the CPU. Error where the number of features is another, or nothing is
  /// fitted.
  at::Tensor operator()(const at::Tensor& features) const;

  void save(Classifier::State& state) const;
  void load(const Classifier::State& state);

 private:
  at::Tensor mean_, deviation_;  // [features] float64
};

/// Squared Euclidean distances [rows of a, rows of b] between the rows of two float64 matrices.
at::Tensor squared_distances(const at::Tensor& a, const at::Tensor& b);

/// The results of `call` for consecutive blocks of rows, joined; a block of `rows` by `columns` numbers takes
/// at most 32 MiB in float64.
at::Tensor in_blocks_of_rows(const at::Tensor& features, std::int64_t columns,
                             const std::function<at::Tensor(const at::Tensor& block)>& call);

}  // namespace aelab
