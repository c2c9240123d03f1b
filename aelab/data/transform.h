#pragma once

#include "aelab/core/registry.h"
#include "aelab/data/dataset.h"
#include "aelab/nn/feature_groups.h"
#include "aelab/nn/noise.h"

namespace aelab {

/// What random changes of some rows are drawn from.
struct Draws {
  Tensor rows = {};  ///< [batch] int64, their places in the stored set; undefined: 0, 1, 2, ...
  std::optional<Noise> training = {};  ///< of a pass over the training rows; unset outside training
};

/// A change of every row, whose statistics are fitted to the training split.
class Transform {
 public:
  static Registry<Transform>& registry();
  virtual ~Transform() = default;

  /// Called first, where the rows are those of a table that is more than numbers.
  virtual void take_types(const ColumnTypes&) {}
  /// Kinds of the features of the changed rows, where take_types() was called with some; else none.
  virtual FeatureGroups features() const { return {}; }
  /// The shape of the changed rows. Error where rows of this shape cannot be changed.
  virtual Shape shape(const Shape& input) const { return input; }
  /// Limits of the changed values, given those of the input, whatever rows `fit` sees: the transform
  /// guarantees them for rows of every split. Without limits unless overridden.
  virtual Bounds values(const Bounds& /*input*/) const { return {}; }
  /// Called once, before apply and invert.
  virtual void fit(const Dataset& /*train*/) {}
  /// [batch, ...input] -> [batch, ...shape(input)]; `x` may be changed in place. Outside training a row is
  /// changed in the same way whenever it is read.
  virtual Tensor apply(Tensor x, const Draws& draws) const = 0;

  /// Whether `invert` gives back the input's units; where false, `apply` loses what that would take.
  virtual bool invertible() const { return false; }
  /// The inverse of `apply` outside training, [batch, ...shape(input)] -> [batch, ...input]; where `apply` is
  /// a projection, the nearest input. Called only where `invertible`.
  virtual Tensor invert(const Tensor& y, const Shape& input) const;
  /// Whether each changed value belongs to one feature of the input, at the same place in the flattened row.
  virtual bool keeps_features() const { return false; }
  /// The fitted tensors by name; checkpoints save and restore them.
  virtual std::vector<std::pair<std::string, Tensor*>> fitted() { return {}; }
};

}  // namespace aelab
