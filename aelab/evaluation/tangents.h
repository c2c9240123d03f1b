#pragma once

#include "aelab/data/dataset.h"

namespace aelab {

/// Tangent spaces of a data set by local principal component analysis: the tangent at x is spanned by the
/// first principal directions of the rows nearest to x, about their mean.
class Tangents {
 public:
  /// `dimensions` directions of the `neighbors` nearest rows, or of all rows if there are fewer.
  Tangents(Dataset rows, std::int64_t neighbors, std::int64_t dimensions);

  /// Orthonormal columns at each x [batch, ...shape]: [batch, features, dimensions], on the CPU; columns of
  /// zeros where the neighbors span fewer dimensions.
  Tensor at(const Tensor& x) const;

 private:
  Dataset rows_;
  std::int64_t neighbors_, dimensions_;
  Tensor origin_;  // [features], near the rows, so that distances keep their digits

  Tensor nearest(const Tensor& x) const;  // places [batch, neighbors] of those nearest to x [batch, features]
  Tensor directions(const Tensor& places) const;
};

}  // namespace aelab
