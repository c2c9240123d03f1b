#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "aelab/core/field_places.h"

namespace aelab {

/// A kind of JSON file that people write, and the command that takes it.
struct ConfigKind {
  std::string name, command;
  std::string advice;                                       ///< how else it may be used, after the command
  std::vector<std::string> keys;                            ///< at the top level
  std::function<FieldPlaces(const std::string& key)> find;  ///< at any level
};

template <class Config>
ConfigKind config_kind(std::string name, std::string command, std::string advice = "") {
  const auto find = [](const std::string& key) {
    Config defaults;
    return find_field(defaults, key);
  };
  Config config;
  return {std::move(name), std::move(command), std::move(advice), field_names(config), find};
}

/// Every kind of such a file: run files, and what other modules add (comparisons/config.h).
std::vector<ConfigKind>& config_kinds();

/// Throws an Error when a JSON file, to be read as a file of this kind ("run", "comparison"), is of another
/// kind: a file of aelab for another command, a file of a run's or comparison's folder, or none of aelab's.
/// The message gives the command that takes it. A file that has any keys of its kind is left to its reader.
void require_kind(const nlohmann::json& value, const std::string& file, std::string_view kind);

/// Parses the text of such a file. Throws the Errors of parse_json() and require_kind(), and one that says
/// what the file is where it is a table, YAML or another format.
nlohmann::json parse_kind(const std::string& text, const std::string& file, std::string_view kind);

/// The file of a folder whose runs are trained together (runs/together.h).
inline constexpr const char* kTogetherFile = "train.json";

/// "run", "comparison" or "together", of runs that are trained together: whose results are in the folder; ""
/// if it is the folder of none of these.
std::string kind_of_folder(const std::filesystem::path& folder);

/// "; did you mean runs/wine/1?" or "; it holds the runs runs/wine/1, runs/wine/2": the runs in a folder that
/// is not a run's, or of a file in a run's folder; "" if there are none.
std::string runs_meant(const std::filesystem::path& folder);

/// Throws an Error with what to use instead unless the folder is a run's.
void require_run_folder(const std::filesystem::path& folder);

}  // namespace aelab
