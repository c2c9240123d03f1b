#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "aelab/data/dataset.h"
#include "aelab/nn/optimizers.h"
#include "aelab/nn/parts.h"

namespace aelab {

/// The objective that a phase minimizes: computes the terms of one batch, and fills the pass.
using Objective = std::function<Terms(const Batch&, const Step&, Pass&)>;

/// Parameters that are trained together for one objective.
struct Update {
  std::string name;
  NamedTensors parameters;  ///< distinct within the phase
  Objective objective;
  /// After the optimizer step, with all passes of the step; for running statistics.
  std::function<void(std::span<const Pass>)> after_step = {};
  std::vector<TermOutline> terms = {};  ///< those that the objective computes
};

/// One phase of a model's training; most models have one. Validation uses the objective of the first update.
struct Phase {
  std::string name;
  std::vector<Update> updates;
  std::optional<std::int64_t> epochs = {};  ///< the trainer's when unset
  bool needs_labels = false;
  std::function<void(const Dataset&)> begin = {};  ///< before the first step; not when a run resumes within
  std::function<void(const Dataset&)> solve =
      {};  ///< instead of steps: a closed form, from the training split
};

/// Whether no phase takes steps.
bool is_closed_form(const std::vector<Phase>& phases);

}  // namespace aelab
