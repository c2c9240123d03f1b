#pragma once

#include "aelab/data/split.h"

namespace aelab {

/// Brings changed rows back to the units of the source: undoes fitted transforms, the last one first, up to
/// one that has no inverse.
class Inversion {
 public:
  /// Inverts `transforms`, applied to rows of the shape `source`. With `first`, what it is given and gives
  /// are the features of rows from that one on, which are lists of features; it undoes transforms only if all
  /// of them keep features apart.
  Inversion(Transforms transforms, const Shape& source, std::int64_t first = 0);

  /// [batch, ...changed] -> [batch, ...shape()], on the CPU.
  Tensor operator()(const Tensor& changed) const;

  const Shape& shape() const { return shape_; }  ///< of the rows that it gives
  /// How many transforms, from the first one on, are not undone: 0 where rows are in the source's units.
  std::size_t kept() const { return kept_; }
  /// Whether feature i of the rows that it gives is feature i of the source.
  bool keeps_features() const;

 private:
  Transforms transforms_;
  std::vector<Shape> shapes_;  // before each transform
  std::size_t kept_;
  std::int64_t first_;
  Shape shape_;
};

}  // namespace aelab
