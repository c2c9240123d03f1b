#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "aelab/core/registry.h"

namespace aelab {

/// Predicts classes, numbered from 0, from features, [rows, features] of any floating type and device: codes,
/// or flattened inputs. Everything is computed on the CPU, in float64. A class without rows in training is
/// never predicted.
class Classifier {
 public:
  using State = std::vector<std::pair<std::string, at::Tensor>>;

  static Registry<Classifier>& registry();

  virtual ~Classifier() = default;

  /// Fits from scratch. labels [rows] int64, in 0..classes-1. Error when there are no rows, when labels are
  /// missing or out of range, when a feature is no finite number, or beyond the kind's limit of rows.
  virtual void fit(const at::Tensor& features, const at::Tensor& labels, std::int64_t classes,
                   std::int64_t seed) = 0;
  /// [rows] int64, on the CPU. Error before fit, or when there are more or fewer features than it saw.
  virtual at::Tensor predict(const at::Tensor& features) const = 0;

  /// What fit left behind, as named tensors; and back, to the same predictions. Error from load where a
  /// tensor is missing.
  virtual State state() const = 0;
  virtual void load(const State& state) = 0;

  /// Sets C, the weight of the errors against the regularisation, for the next fit; false where the kind has
  /// none.
  virtual bool set_strength(double /*C*/) { return false; }
  /// The most rows that fit takes.
  virtual std::optional<std::int64_t> rows_limit() const { return std::nullopt; }
};

}  // namespace aelab
