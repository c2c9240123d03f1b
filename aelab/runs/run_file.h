#pragma once

#include <nlohmann/json_fwd.hpp>

#include "aelab/runs/run_config.h"

namespace aelab {

/// What a run file describes: one run or, by its list "train", several models that are trained together on
/// one stream of batches (runs/together.h).
struct RunFile {
  std::string name = {}, output = {};  ///< of the folder: <output>/<name>/<n>
  std::vector<RunConfig> runs = {};    ///< one, or those of "train", each named as its entry
  bool together = false;               ///< whether the file has "train"
};

/// Reads the text of a run file and applies `overrides`, as read_run_config() does. An entry of "train" is a
/// JSON Merge Patch (RFC 7386) over the rest of the file: objects are merged key by key, null removes a key,
/// and other values replace. Adds to `problems` the errors of fields, and one for each field in which entries
/// differ although models that are trained together must agree in it.
RunFile read_run_file(const std::string& text, const std::string& file,
                      const std::vector<std::string>& overrides, Problems& problems);

/// Adds an error for each field that runs trained together must agree in and do not: what their batches
/// depend on, and how they are computed.
void check_agreement(const std::vector<RunConfig>& runs, Problems& problems);

/// JSON Schema of run files, with "train".
nlohmann::ordered_json run_file_schema();

}  // namespace aelab
