#pragma once

#include <optional>
#include <vector>

#include "aelab/models/phase.h"

namespace aelab {

/// The limit of a whole training: a total of epochs, steps or wall-clock seconds, divided among the phases
/// that take steps. Phases in closed form take nothing of it.
struct Budget {
  std::optional<std::int64_t> epochs = {};
  std::optional<std::int64_t> steps = {};
  std::optional<double> seconds = {};
  std::vector<double> shares = {};  ///< of those phases, in their order; equal when empty

  void fields(Fields& f);
};

/// The limits of one phase; the first that is reached ends it.
struct PhaseLimits {
  std::optional<std::int64_t> epochs = {};
  std::optional<std::int64_t> steps = {};
  std::optional<double> seconds = {};

  /// The number of steps if an epoch takes `epoch_steps`; unset if the phase is limited by time.
  std::optional<std::int64_t> steps_of(std::int64_t epoch_steps) const;
};

/// The limits of each phase. Epochs and steps are divided so that their sum is the total: what is left after
/// rounding down goes to the phases with the largest remainders. Without a budget a phase has its own number
/// of epochs, or else `epochs`. Throws an Error if the budget cannot be met: not one share per phase, fewer
/// epochs or steps than phases, a phase with its own number of epochs.
std::vector<PhaseLimits> phase_limits(const std::optional<Budget>& budget, std::int64_t epochs,
                                      const std::vector<Phase>& phases);

}  // namespace aelab
