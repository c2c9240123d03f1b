#pragma once

#include <chrono>

#include "aelab/comparisons/comparison.h"

namespace aelab {

struct ComparisonOptions {
  std::int64_t jobs = 0;  ///< runs at once; 0: as many as the processors have threads for
  /// The command that executes one run when its id is appended. Empty: runs are executed one after the other
  /// in this process.
  std::vector<std::string> worker = {};
  bool quiet = false;  ///< no progress display
  bool plain = false;  ///< one line per run, no live line
};

/// Creates the comparison's folder and executes every run that is not completed; failed runs are tried again.
/// Returns the signal that stopped it, 0 without one. A failed run does not affect the others. Error, before
/// anything is changed, when the folder contains something else, another comparison, or a run with another
/// config or of other data, or when `jobs` does not suit the budget.
int do_runs(Comparison& comparison, const ComparisonOptions& options = {});

/// The number of completed runs.
std::size_t finished_runs(const Comparison& comparison);

/// Creates the folder as do_runs() does. Throws the Errors of do_runs(), where another process works in the
/// folder for longer than `patience`.
void open_folder(Comparison& comparison, std::chrono::seconds patience = {});

/// Executes or resumes one run; creates the comparison's folder if there is none. Returns the signal that
/// stopped it, 0 without one. Throws the Errors of run(), and one when the folder contains another comparison
/// or runs of other data; Failure when the run diverged.
int do_run(Comparison& comparison, const std::string& id);

/// The comparison in a folder that do_runs created. Throws an Error if there is none.
Comparison load_comparison(const std::filesystem::path& folder);

}  // namespace aelab
