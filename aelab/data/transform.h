#pragma once

#include "aelab/core/registry.h"
#include "aelab/data/dataset.h"

namespace aelab {

/// A change of every row; what it has to know of the data it learns from the training part.
class Transform {
 public:
  static Registry<Transform>& registry();
  virtual ~Transform() = default;

  /// Of the changed rows. Error where rows of this shape cannot be changed.
  virtual Shape shape(const Shape& input) const { return input; }
  /// Called once, before apply.
  virtual void fit(const Dataset& /*train*/) {}
  /// [batch, ...input] -> [batch, ...shape(input)]; `x` may be changed in place. Chance has a part in it only
  /// where there is `random`.
  virtual Tensor apply(Tensor x, const Randomness& random) const = 0;
  /// What fit learned, by name: read to be saved with the model, written when that is loaded.
  virtual std::vector<std::pair<std::string, Tensor*>> fitted() { return {}; }
};

}  // namespace aelab
