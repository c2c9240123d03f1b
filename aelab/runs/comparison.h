#pragma once

#include <filesystem>

#include "aelab/runs/comparison_config.h"
#include "aelab/runs/made.h"

namespace aelab {

/// One run of a comparison.
struct PlannedRun {
  std::string id;  ///< "dense,code=16/seed-1": its folder within the comparison's runs/
  std::size_t contender;
  std::int64_t seed;
};

/// What a contender takes to train under any seed.
struct ContenderCost {
  bool closed_form = false;
  std::int64_t parameters = 0, phases = 0;
  std::optional<std::int64_t> epochs, steps;  ///< of all phases; unset where the clock ends them
  std::optional<double> seconds;         ///< that training takes, where it was timed or the clock ends it
  std::vector<std::string> solved = {};  ///< the keys that a budget of parameters set, "model.hidden=[61]"
};

/// A comparison file made ready: who runs, under which seeds, where.
class Comparison {
 public:
  /// Error with all that is wrong with what varies; the runs themselves are looked at by check.
  explicit Comparison(ComparisonConfig config, std::string origin = "comparison");

  const ComparisonConfig& config() const { return config_; }
  const std::vector<Contender>& contenders() const { return contenders_; }
  std::size_t baseline() const { return baseline_; }
  /// By seeds first, so that a comparison cut short has seen every variant.
  const std::vector<PlannedRun>& runs() const { return runs_; }
  /// The run of that id. Error with the known ones.
  const PlannedRun& run(const std::string& id) const;
  std::filesystem::path folder() const;
  std::filesystem::path folder(const PlannedRun& run) const { return folder() / "runs" / run.id; }
  const std::string& origin() const { return origin_; }

  /// Looks at every contender as a run would, solves for widths, and says what each takes. Error with every
  /// mistake; one that all contenders share is told once, as the base's.
  /// `timed`: a few steps of each are taken, to tell how long it will train.
  std::vector<ContenderCost> check(bool timed = false);
  /// The same for one contender alone.
  ContenderCost check(std::size_t contender);
  bool is_checked() const { return checked_.front().has_value(); }
  /// What the checks found to tell the user, each once: guesses about the data, keys' former names.
  const std::vector<std::string>& notes() const { return notes_; }
  /// A run's complete config. Its contender must have been checked.
  RunConfig run_config(const PlannedRun& run) const;

 private:
  ComparisonConfig config_;
  std::string origin_;
  std::vector<Contender> contenders_;
  std::vector<PlannedRun> runs_;
  std::vector<std::optional<RunConfig>> checked_;
  std::size_t baseline_ = 0;
  OpenedData opened_;
  std::vector<std::string> notes_;

  ContenderCost check(std::size_t contender, bool timed, Problems& problems);
};

}  // namespace aelab
