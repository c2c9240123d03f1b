#pragma once

#include <optional>
#include <vector>

#include "aelab/models/phase.h"

namespace aelab {

/// How long the whole of a training takes, whatever its phases: a total of epochs, steps or wall-clock
/// seconds, divided among the phases that take steps. Phases in closed form take nothing of it.
struct Budget {
  std::optional<std::int64_t> epochs = {};
  std::optional<std::int64_t> steps = {};
  std::optional<double> seconds = {};
  std::vector<double> shares = {};  ///< of those phases, in their order; equal when empty

  void fields(Fields& f);
};

/// What one phase may take; the first that is used up ends it.
struct PhaseLimits {
  std::optional<std::int64_t> epochs = {};
  std::optional<std::int64_t> steps = {};
  std::optional<double> seconds = {};

  /// The steps that these come to where a pass takes `epoch_steps`; unset where the clock ends the phase.
  std::optional<std::int64_t> steps_of(std::int64_t epoch_steps) const;
};

/// The limits of each phase. Whole epochs and steps are divided so that their sum is the total: what is left
/// after rounding down goes to the phases with the largest remainders. Without a budget a phase has its own
/// epochs, or else `epochs`. Error when the budget cannot be met: shares that are not one a phase, fewer
/// epochs or steps than phases, a phase that states its own epochs.
std::vector<PhaseLimits> phase_limits(const std::optional<Budget>& budget, std::int64_t epochs,
                                      const std::vector<Phase>& phases);

}  // namespace aelab
