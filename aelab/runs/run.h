#pragma once

#include <chrono>
#include <filesystem>

#include "aelab/runs/run_config.h"

namespace aelab {

/// What a run left behind.
struct RunOutcome {
  std::filesystem::path folder;
  int signal = 0;  ///< that stopped it, to be resumed; 0 when it is complete
  std::vector<Result> results;
  bool was_complete = false;  ///< before resume was asked: it did nothing, `results` are those on record
  std::string remark = {};    ///< why nothing was measured although metrics were asked for; "" otherwise
};

struct RunOptions {
  std::string origin = "run";  ///< heads messages: the run file's name
  Problems problems = {};      ///< found while the config was read, to be told with those found here
  bool quiet = false;          ///< no progress display, whatever the config lists
  bool plain = false;          ///< no live bar
  /// Where to run; empty: a new folder <output>/<name>/<n>. A run that is there must be this one: it is gone
  /// on with, and left alone when it is complete.
  std::filesystem::path folder = {};
  std::chrono::seconds patience = {};  ///< with another process that is still working in it
};

/// Trains, measures and records. Error with all that is wrong with the config or the data, before a folder is
/// created; Failure when the run itself fails.
RunOutcome run(RunConfig config, RunOptions options = {});

enum class Part { train, validation, test };
std::span<const std::string_view> names(Part);
/// Its rows; none where the split has none.
const Dataset& part_of(const Split& split, Part part);
enum class Which { best, last, ema, previous };
std::span<const std::string_view> names(Which);

/// Goes on with a run that was stopped or killed, to the same bits; leaves one that is complete as it is.
/// `from` may be another checkpoint where the last one came to harm. Error when the folder holds no run, or
/// that checkpoint is damaged, with those that are whole. Of the options, `quiet` and `plain` apply.
RunOutcome resume(const std::filesystem::path& folder, Which from = Which::last,
                  const RunOptions& options = {});

/// What to measure, with what, on what.
struct EvaluationConfig {
  std::optional<Part> part = {};  ///< the test part when left out; of other data without one, all rows
  Which checkpoint = Which::best;
  std::optional<DataConfig> data = {};       ///< other data than the run's own
  std::vector<Choice<Metric>> metrics = {};  ///< the run's own when empty

  void fields(Fields& f);
};

/// Measures a run's model again; changes nothing in its folder.
std::vector<Result> evaluate_run(const std::filesystem::path& folder, const EvaluationConfig& config = {});

/// The model that a run trained.
std::shared_ptr<Autoencoder> load_model(const std::filesystem::path& folder, Which checkpoint = Which::best);
/// The same, where the run's config and its data are at hand.
std::shared_ptr<Autoencoder> load_model(const std::filesystem::path& folder, const RunConfig& config,
                                        const Data& data, Which checkpoint);

/// The path of a run's checkpoint. Error, which says which there are, when it is not there.
std::filesystem::path find_checkpoint(const std::filesystem::path& folder, Which checkpoint);

/// The run recorded in `folder`. Error, which names the first difference, unless it is `config`; kernels left
/// to the rule there may be whatever it began with.
RunConfig require_same_run(const std::filesystem::path& folder, const RunConfig& config);

/// Error when these are other data than the run's folder recorded.
void check_recorded_data(const std::filesystem::path& folder, const Data& data);

/// The config that a run recorded.
RunConfig load_run_config(const std::filesystem::path& folder);

}  // namespace aelab
