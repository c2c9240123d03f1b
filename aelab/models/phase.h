#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "aelab/data/dataset.h"
#include "aelab/nn/optimizers.h"
#include "aelab/nn/parts.h"

namespace aelab {

/// What a model's phase lowers: the terms of one batch, and what the pass made on the way.
using Objective = std::function<Terms(const Batch&, const Step&, Pass&)>;

/// Parameters that are trained together for one objective.
struct Update {
  std::string name;
  NamedTensors parameters;  ///< distinct within the phase
  Objective objective;
  std::function<void(const Pass&)> after_step =
      {};  ///< once the parameters have changed; for running statistics
};

/// One part of how a model is trained; most models have one. Validation uses the first update's objective.
struct Phase {
  std::string name;
  std::vector<Update> updates;
  std::optional<std::int64_t> epochs = {};  ///< the trainer's when unset
  bool needs_labels = false;
  std::function<void(const Dataset&)> begin = {};  ///< before the first step; not when a run resumes within
  std::function<void(const Dataset&)> solve =
      {};  ///< instead of steps: the closed form, from the training part
};

/// Whether no phase takes steps.
bool is_closed_form(const std::vector<Phase>& phases);

}  // namespace aelab
