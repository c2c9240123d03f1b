#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "aelab/evaluation/metric.h"

namespace aelab {

// What a run folder says of its run, beside the config.

/// How a run stands, and what it cost: status.json.
struct RunStatus {
  std::string state;         ///< "running", "stopped", "completed", "failed"
  std::string message = {};  ///< what stopped it, or why it failed
  bool closed_form = false;  ///< solved, in no steps
  std::int64_t parameters = 0;
  std::int64_t epochs = 0, steps = 0;
  std::int64_t peak_bytes = 0;                        ///< of memory, up to the end of the first step
  double seconds = 0;                                 ///< of training, validation included
  std::map<std::string, std::string> checksums = {};  ///< of the files that a completed run leaves for good
};

/// When completed, with the checksums of what is there. Failure as write_file's.
void write_status(const std::filesystem::path& folder, RunStatus status);
/// Its state is "" where there is none. Error when it is none.
RunStatus read_status(const std::filesystem::path& folder);
/// The files of a completed run that are not what it left: changed by hand, or gone.
std::vector<std::string> changed_files(const std::filesystem::path& folder, const RunStatus& status);

/// What was measured on which part of the data with which checkpoint: evaluation.json.
struct Evaluated {
  std::string checkpoint = {}, part = {};
  std::vector<Result> results = {};
};
void write_evaluation(const std::filesystem::path& folder, const Evaluated& evaluated);
/// Without results where there is none. Error when it is none.
Evaluated read_evaluation(const std::filesystem::path& folder);

/// Writes a value whole or not at all, indented.
void write_json(const std::filesystem::path& path, const nlohmann::json& value);

}  // namespace aelab
