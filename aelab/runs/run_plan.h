#pragma once

#include "aelab/runs/run.h"
#include "aelab/runs/run_file.h"
#include "aelab/training/memory_estimate.h"

namespace aelab {

/// What a run would do and take.
struct RunPlan {
  std::string name;
  std::int64_t parameters = 0;
  bool closed_form = false;                   ///< solved without steps
  std::optional<std::int64_t> epochs, steps;  ///< of all phases; unset where a budget of seconds limits them
  TrainingMemory memory;                      ///< all 0 where it is solved without steps
};

/// What the runs of a file would do, trained together where there are several.
struct FilePlan {
  std::vector<RunPlan> runs;
  double program = 0;  ///< resident bytes of the program with its data, and without models
  double free = 0;     ///< bytes that are free, beside those that the program has already
  std::vector<std::string> notes = {};

  /// The peak of resident bytes to expect of their training: what all of them keep, and what the one takes
  /// besides that takes most in its turn.
  double peak() const;
};

/// Checks the runs as run() and run_together() do, whose Errors it throws, and estimates what they take.
/// Nothing is created.
FilePlan plan(RunFile file, RunOptions options);

}  // namespace aelab
