#pragma once

#include <filesystem>

#include "aelab/comparisons/config.h"
#include "aelab/runs/made.h"

namespace aelab {

/// One run of a comparison.
struct PlannedRun {
  std::string id;  ///< "dense,code=16/seed-1": its folder within the comparison's runs/
  std::size_t contender;
  std::int64_t seed;
};

/// What training a contender costs under any seed.
struct ContenderCost {
  bool closed_form = false;
  std::int64_t parameters = 0, phases = 0;
  std::optional<std::int64_t> epochs, steps;  ///< of all phases; unset under a budget of seconds
  std::optional<double> seconds;              ///< of training, where it was timed or is the budget
  std::vector<std::string> solved = {};  ///< the keys that the budget of parameters set, "model.hidden=[61]"
};

/// A comparison that is ready to run: its contenders, runs and folders.
class Comparison {
 public:
  /// Throws an Error that lists every problem in variants, grid and list; `check` checks the runs themselves.
  /// Relative paths of data are looked for in `working_folder` first, if it is not empty.
  explicit Comparison(ComparisonConfig config, std::string origin = "comparison",
                      std::filesystem::path working_folder = {});

  const ComparisonConfig& config() const { return config_; }
  const std::vector<Contender>& contenders() const { return contenders_; }
  std::size_t baseline() const { return baseline_; }
  /// Ordered by seed, so that a comparison that is cut short has run every variant.
  const std::vector<PlannedRun>& runs() const { return runs_; }
  /// The run of that id. Error that lists the known ones.
  const PlannedRun& run(const std::string& id) const;
  std::filesystem::path folder() const;
  std::filesystem::path folder(const PlannedRun& run) const { return folder() / "runs" / run.id; }
  const std::string& origin() const { return origin_; }
  const std::filesystem::path& working_folder() const { return working_folder_; }

  /// Checks every contender as a run would, chooses widths, and returns the costs. Throws an Error that lists
  /// every problem; one that all contenders share is reported once, as the base's. Also throws an Error if
  /// contenders are measured on different test splits, or in different units because their transforms were
  /// fitted to different training splits. `timed`: a few steps of each are run to estimate the training time.
  std::vector<ContenderCost> check(bool timed = false);
  /// Checks one contender alone.
  ContenderCost check(std::size_t contender);
  bool is_checked() const;
  /// What the checks found to tell the user, each once: guesses about the data, former names of keys.
  const std::vector<std::string>& notes() const { return notes_; }
  /// The complete config of a run. Its contender must have been checked.
  RunConfig run_config(const PlannedRun& run) const;
  /// The data of all runs, as the checks opened them.
  const Data& data();
  OpenedData& opened() { return opened_; }

 private:
  ComparisonConfig config_;
  std::string origin_;
  std::filesystem::path working_folder_;
  std::vector<Contender> contenders_;
  std::vector<PlannedRun> runs_;
  Problems unchecked_;  ///< found when it was made; check() reports them with its own
  std::vector<std::optional<RunConfig>> checked_;
  std::size_t baseline_ = 0;
  OpenedData opened_;
  std::vector<std::string> notes_;

  ContenderCost check(std::size_t contender, bool timed, Problems& problems);
};

}  // namespace aelab
