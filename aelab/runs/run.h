#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>

#include "aelab/core/safetensors.h"
#include "aelab/runs/run_config.h"

namespace aelab {

class OpenedData;

/// The result of a run.
struct RunOutcome {
  std::filesystem::path folder;
  int signal = 0;  ///< that stopped it, or 0 if it is complete
  std::vector<Result> results;
  bool was_complete = false;  ///< already before; nothing was done, and `results` are those recorded
  /// Why its losses or metrics are NaN or infinite; "" if they are not.
  std::string diverged = {};
  /// To tell the user: that the run ended before its last phase, why nothing was measured although metrics
  /// were asked for, the cautions of metrics, and which files of the run were missing or damaged when it was
  /// resumed.
  std::vector<std::string> remarks = {};
};

struct RunOptions {
  std::string origin = "run";  ///< heads messages: the run file's name
  Problems problems = {};      ///< found while the config was read, reported together with those found here
  /// True: no progress display. False: the one that the config lists, or else the default one. Unset: only
  /// one that the config lists.
  std::optional<bool> quiet = {};
  bool plain = false;  ///< no live bar
  /// The folder of the run; if empty, a new folder <output>/<name>/<n>. A run in that folder must be this
  /// one: it is resumed, or left as it is if it is complete.
  std::filesystem::path folder = {};
  std::chrono::seconds patience = {};  ///< time to wait for another process that works in it
  /// Where relative paths of the config begin, and then in the working directory; if empty, there alone.
  std::filesystem::path working_folder = {};
  /// Data sets that other runs opened in this process; nullptr: none.
  OpenedData* opened = nullptr;
  /// Called with the record of the run's data (data/data_record.h) before anything is created; refuses them
  /// by an Error.
  std::function<void(const nlohmann::json& record)> accept_data = {};
};

/// Trains, evaluates and records. Throws an Error with all errors in the config or the data before a folder
/// is created, and a Failure if the run itself fails. Without "threads" in the config, the number of threads
/// is default_threads() (training/thread_rule.h), and recorded.
RunOutcome run(RunConfig config, RunOptions options = {});

enum class SplitPart { train, validation, test };
std::span<const std::string_view> names(SplitPart);
/// The rows of this part.
const Dataset& part_of(const Split& split, SplitPart part);
enum class Which { best, last, ema, previous };
std::span<const std::string_view> names(Which);

/// Resumes a run that was stopped or killed, to the same bits; leaves a completed run as it is. `from` may be
/// another checkpoint if the last one is corrupted. Throws an Error if the folder has no run, if that
/// checkpoint is corrupted (with those that are not), or if files of a completed run were changed. Of the
/// options, `quiet` and `plain` apply.
RunOutcome resume(const std::filesystem::path& folder, Which from = Which::last,
                  const RunOptions& options = {});

/// Which metrics to compute, of which checkpoint, on which data.
struct EvaluationConfig {
  std::optional<SplitPart> part = {};  ///< default: the test split; of other data without one, all rows
  Which checkpoint = Which::best;
  std::optional<DataConfig> data = {};       ///< other data than the run's own
  std::vector<Choice<Metric>> metrics = {};  ///< default: the run's own

  void fields(Fields& f);
};

/// Evaluates the model of a run; changes nothing in its folder.
std::vector<Result> evaluate_run(const std::filesystem::path& folder, const EvaluationConfig& config = {});

/// The path of a run's checkpoint. Throws an Error that lists those that exist if it does not exist, and one
/// if it is a link that leads out of the folder.
std::filesystem::path find_checkpoint(const std::filesystem::path& folder, Which checkpoint);

/// Reads a run's checkpoint. Throws an Error if there is none, it is corrupted, or another run wrote it; with
/// a checkpoint that can be used instead, if there is one.
SafetensorsFile read_checkpoint(const std::filesystem::path& folder, Which checkpoint);

/// The files that a run used as they are now, each with its "path", "bytes" and the "crc32" of all its bytes.
/// Throws an Error that names each file that is not what data.json records, one that is missing by its full
/// path, and one if there is no data.json.
nlohmann::json verified_data(const std::filesystem::path& folder);

/// The content of a run's data.json; null where it is missing or damaged.
nlohmann::json readable_data_record(const std::filesystem::path& folder);

/// The run of a folder as its checkpoints name it. Where data.json is missing or damaged, its data are those
/// that its checkpoints know.
RunIdentity recorded_identity(const std::filesystem::path& folder);

/// The run recorded in `folder`. Throws an Error with the first difference if it is not that of `config`;
/// kernels that `config` leaves open may have any recorded value.
RunConfig require_same_run(const std::filesystem::path& folder, const RunConfig& config);

/// Throws an Error if these are not the data of the run in `folder`, as data.json or, where that is missing,
/// its checkpoints know them. Returns a caution if data.json is missing, otherwise "".
std::string check_recorded_data(const std::filesystem::path& folder, const Data& data);
/// check_recorded_data(), which also writes a missing data.json again. The folder must be locked.
std::string restore_data_record(const std::filesystem::path& folder, const Data& data);

/// Initializes the model of a run on record, whose config has "initialize_from". Throws an Error if that
/// gives other weights than those that environment.json says the run began with. Returns a caution if it does
/// not say, otherwise "".
std::string initialize_as_recorded(Autoencoder& model, const InitializationConfig& config,
                                   const std::filesystem::path& folder, const Split& data);

/// The recorded config of a run.
RunConfig load_run_config(const std::filesystem::path& folder);

}  // namespace aelab
