#pragma once

#include "aelab/runs/comparison.h"

namespace aelab {

struct ComparisonOptions {
  std::int64_t jobs = 0;  ///< runs at once; 0: as many as the processors have threads for
  /// The command that does one run, its id to be appended: the program's own. Empty: runs go one after the
  /// other within this process.
  std::vector<std::string> worker = {};
  bool quiet = false;  ///< no progress display
  bool plain = false;  ///< a line a run, no live line
};

/// Makes the comparison's folder and does every run that is not finished. Returns the signal that stopped it,
/// 0 without one. A run that fails does so alone. Error, before anything is changed, when the folder holds
/// something else, another comparison, or a run with another config; when the jobs do not suit the budget.
int do_runs(Comparison& comparison, const ComparisonOptions& options = {});

/// How many runs are finished.
std::size_t finished_runs(const Comparison& comparison);

/// Makes the folder ready, as do_runs does. Error as there.
void open_folder(Comparison& comparison);

/// Does or resumes one run. Returns the signal that stopped it, 0 without one. Error as run() has it.
int do_run(Comparison& comparison, const std::string& id);

/// The comparison of a folder that do_runs made. Error when it holds none.
Comparison load_comparison(const std::filesystem::path& folder);

}  // namespace aelab
