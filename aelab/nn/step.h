#pragma once

#include <string>

#include "aelab/core/random.h"
#include "aelab/core/schedule.h"

namespace aelab {

/// What a forward pass may know of training: all that random draws and schedules are functions of.
struct Step {
  Position at = {};
  std::int64_t seed = 0;
  bool training = false;
  std::int64_t in_phase = 0;     ///< steps done in this phase
  std::int64_t phase_steps = 1;  ///< steps that the phase will take in all
  double rate_scale = 1;         ///< of learning rates, lowered by callbacks
  std::string scope = {};        ///< prefixes stream names, so that nested models draw apart

  at::Generator random(std::string_view stream) const {
    return random_generator(seed, scope + std::string(stream), at);
  }
  double value(const Schedule& schedule) const { return schedule.at(in_phase, phase_steps); }
  double rate(const Schedule& learning_rate) const { return rate_scale * value(learning_rate); }
};

}  // namespace aelab
