#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aelab/data/dataset.h"
#include "aelab/nn/optimizers.h"
#include "aelab/nn/parts.h"

namespace aelab {

/// The objective that a phase minimizes: computes the terms of one batch, and fills the pass.
using Objective = std::function<Terms(const Batch&, const Step&, Pass&)>;

/// The name of the update that trains the model itself.
inline constexpr std::string_view kModelUpdate = "model";

/// Parameters that are trained together for one objective.
///
/// A phase may have several, such as those of a generator and a discriminator. In a step they are trained one
/// after the other, in their order, each on all batches of the step: an objective sees what the updates
/// before it have changed. Gradients are computed for an update's own parameters only
/// (torch::autograd::grad, so nothing is added to any `.grad`): whatever else its objective passes through is
/// left alone, and no requires_grad has to be switched and restored.
struct Update {
  std::string name;         ///< distinct within the phase
  NamedTensors parameters;  ///< distinct within the phase
  Objective objective;
  /// After the optimizer step, with all passes of the step; for running statistics.
  std::function<void(std::span<const Pass>)> after_step = {};
  std::vector<TermOutline> terms = {};              ///< those that the objective computes
  std::optional<Choice<Optimizer>> optimizer = {};  ///< the trainer's when unset
  std::optional<double> clip_norm = {};             ///< above 0; the trainer's when unset
  /// It is trained in the steps `every`, 2 `every`, ... of the phase. Schedules of its learning rate are over
  /// the phase's steps all the same.
  std::int64_t every = 1;
};

/// One phase of a model's training; most models have one. Validation computes the objectives of all updates.
struct Phase {
  std::string name;
  std::vector<Update> updates;
  std::optional<std::int64_t> epochs = {};  ///< the trainer's when unset
  bool needs_labels = false;
  std::function<void(const Dataset&)> begin = {};  ///< before the first step; not when a run resumes within
  std::function<void(const Dataset&)> solve =
      {};  ///< instead of steps: a closed form, from the training split
  /// It trains a part of the model as a model of its own: its passes are not those of the whole.
  bool of_part = false;

  /// The update that trains the model itself: that named "model", or else the first. Its loss is shown, and
  /// monitored where no metric is named.
  const Update& main() const;
  /// What an update's metrics and random streams begin with: "" if it is the only one of the phase or named
  /// "model", otherwise its name and a slash. Metrics are train/<prefix>loss, validation/<prefix>loss, ...
  std::string prefix(const Update& update) const;
};

/// Throws std::logic_error if updates of a phase share a name or a parameter, or if their numbers are out of
/// range.
void check_phases(const std::vector<Phase>& phases);

/// Whether no phase takes steps.
bool is_closed_form(const std::vector<Phase>& phases);

}  // namespace aelab
