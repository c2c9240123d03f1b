#pragma once

#include "aelab/runs/run.h"
#include "aelab/runs/run_file.h"
#include "aelab/runs/run_stages.h"

namespace aelab {

// Models that are trained together on one stream of batches: training rows are read, decoded, transformed and
// shuffled once for all of them. They take turns, step by step, in one thread, and each ends in the same bits
// as if it were trained alone. Validation and test rows are read by each model.
//
// The folder <output>/<name>/<n> has the file train.json, with the configs of the runs in their order, and
// environment.json; below it each run has its own folder, <run's name>, a run folder like any other.

/// Runs that are made, and the data sets that they share.
struct MadeRuns {
  std::unique_ptr<OpenedData> opened;
  std::vector<std::unique_ptr<RunStages>> runs;
};

/// Makes the runs of a file. Throws an Error with everything that is wrong with one, or with all of them
/// together; nothing is created. Of the options, origin, problems, quiet, plain and working_folder apply.
MadeRuns made_together(RunFile file, RunOptions options);

/// How one of them ended.
struct MemberOutcome {
  std::string name;
  RunOutcome run;               ///< its folder, and unless it failed what run() returns
  std::string failure = {};     ///< why it failed or was ended where it diverged; "" if it was not
  bool ended_diverged = false;  ///< it was ended where it diverged: `failure` says why
};

struct TogetherOutcome {
  std::filesystem::path folder;
  int signal = 0;  ///< that stopped them, or 0
  std::vector<MemberOutcome> members;

  /// How many neither completed nor were stopped by the signal.
  std::size_t unsuccessful() const;
};

/// Trains the runs of a file together, in a new folder. A run that fails or diverges is recorded as such and
/// does not stop the others. Throws an Error with everything that is wrong before anything is created. Of the
/// options, origin, problems, quiet and plain apply.
TogetherOutcome run_together(RunFile file, RunOptions options = {});

/// Resumes all of them that are not over, each from its last checkpoint; those that are behind go first. Of
/// the options, quiet and plain apply. Throws an Error if the folder is not one of run_together().
TogetherOutcome resume_together(const std::filesystem::path& folder, const RunOptions& options = {});

}  // namespace aelab
