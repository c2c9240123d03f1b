#pragma once

#include <string>

#include "aelab/core/position.h"
#include "aelab/core/schedule.h"
#include "aelab/nn/noise.h"

namespace aelab {

/// The position of a forward pass in training: random draws and schedules are functions of it.
struct Step {
  Position at = {};
  std::int64_t seed = 0;
  bool training = false;
  std::int64_t in_phase = 0;     ///< steps done in this phase
  std::int64_t phase_steps = 1;  ///< number of steps of the phase
  double rate_scale = 1;         ///< factor of learning rates, reduced by callbacks
  std::string scope = {};        ///< prefix of stream names, so that nested models draw different numbers
  std::int64_t set_size = 0;     ///< rows of the set that batches are taken of; 0: the batch alone
  at::Tensor condition = {};  ///< [batch, features]: what the networks are given besides; undefined: nothing
  at::Tensor rows = {};  ///< [batch] int64, places of the batch's rows in their set; undefined: 0, 1, ...

  /// The step of a nested model: its streams are others.
  Step within(const std::string& name) const {
    auto inner = *this;
    inner.scope += name + "/";
    return inner;
  }
  Noise noise() const { return {seed, at.epoch, rows, scope}; }
  double value(const Schedule& schedule) const { return schedule.at(in_phase, phase_steps); }
  double rate(const Schedule& learning_rate) const { return rate_scale * value(learning_rate); }
};

}  // namespace aelab
