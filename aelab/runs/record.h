#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "aelab/evaluation/metric.h"

namespace aelab {

// The files of a run folder that record its run, besides the config.

/// The state of a run, and its cost: status.json.
struct RunStatus {
  /// "running", "stopped", "failed", "completed"; "diverged": its losses or metrics are NaN or infinite, at
  /// its end or where the callback stop-on-nan ended it, which it would do again.
  std::string state;
  std::string message = {};  ///< why it stopped, failed or diverged
  bool closed_form = false;  ///< solved without steps
  std::int64_t parameters = 0;
  std::int64_t epochs = 0, steps = 0;
  std::int64_t peak_bytes = 0;  ///< peak memory up to the end of the first step
  double seconds = 0;           ///< of training, with validation, without callbacks
  std::map<std::string, std::string> checksums =
      {};  ///< of the files that a run that is over does not change

  /// Whether nothing is left to do: it is completed or diverged.
  bool is_over() const { return state == "completed" || state == "diverged"; }
};

/// If the run is over, with the checksums of its files. Throws the Failure of write_file().
void write_status(const std::filesystem::path& folder, RunStatus status);
/// Adds a line with state and message to the log of a run that failed or diverged, if it has a log. Like
/// everything after the last checkpoint, the line is removed when the run is resumed.
void log_failure(const std::filesystem::path& folder, const RunStatus& status);
/// Its state is "" if there is no such file. Throws an Error if the file is not a status.
RunStatus read_status(const std::filesystem::path& folder);
/// What read_status() returns; where the file cannot be read, a status of state "damaged" with the error as
/// its message.
RunStatus known_status(const std::filesystem::path& folder);
/// The files of a completed run that were changed or removed since.
std::vector<std::string> changed_files(const std::filesystem::path& folder, const RunStatus& status);

/// Metrics and their cautions, with the split and the checkpoint that they were computed on: evaluation.json.
struct Evaluated {
  std::string checkpoint = {}, part = {};
  std::vector<Result> results = {};
  std::vector<std::string> cautions = {};
};
void write_evaluation(const std::filesystem::path& folder, const Evaluated& evaluated);
/// Without results if there is no such file. Throws an Error if the file is not an evaluation.
Evaluated read_evaluation(const std::filesystem::path& folder);

/// A JSON file of a run folder. Throws the Errors of read_file_within() and parse_json().
nlohmann::json read_json(const std::filesystem::path& folder, const std::filesystem::path& file);
/// Writes a value, indented, completely or not at all.
void write_json(const std::filesystem::path& path, const nlohmann::json& value);

}  // namespace aelab
