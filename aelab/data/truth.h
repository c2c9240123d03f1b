#pragma once

#include <ATen/core/Tensor.h>

namespace aelab {

/// The features that are active in some rows, one row after the other (compressed sparse rows).
struct ActiveFeatures {
  at::Tensor offsets;  ///< [rows + 1] int64: those of row i are from offsets[i] up to offsets[i + 1]
  at::Tensor columns;  ///< [active] int64, the features' numbers, ascending in each row
  at::Tensor sizes;    ///< [active] float, greater than 0
};

/// The linear features that rows were made of: a row is the sum of its active features' directions, each
/// times its size, plus the bias. Immutable and thread-safe.
class Truth {
 public:
  Truth() = default;
  Truth(const Truth&) = delete;
  Truth& operator=(const Truth&) = delete;
  virtual ~Truth() = default;
  /// The features' directions, [features, row] float, of norm 1.
  virtual at::Tensor dictionary() const = 0;
  virtual at::Tensor bias() const = 0;  ///< [row] float
  /// The feature without which each one is never active, [features] int64; -1: there is none.
  virtual at::Tensor parents() const = 0;
  /// The active features of stored rows ([n] int64, as Batch::rows), in that order.
  virtual ActiveFeatures active(const at::Tensor& rows) const = 0;
};

}  // namespace aelab
