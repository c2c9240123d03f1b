#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace aelab {

/// Sets "path.to.key=value" in a run file's JSON. Entries of a list are numbered from 0, as in
/// callbacks[0].patience or callbacks.0.patience; the number after the last entry appends one. A list that
/// the file leaves out starts as its default, and a registered type given by its name alone becomes an object
/// when one of its fields is set. A value is JSON, or else text. In a comparison file the run is the value of
/// the key `run_at`.
/// Throws an Error when an override has no '=', or leads through a value that is neither an object nor a
/// list.
void apply_overrides(nlohmann::json& config, const std::vector<std::string>& overrides,
                     const std::string& run_at = "");

/// Sets one value of a run file's JSON, with its path written as in an override. Throws an Error headed by
/// `where` when the path leads through a value that is neither an object nor a list.
void set_value(nlohmann::json& run, const std::string& path, nlohmann::json value, const std::string& where);

}  // namespace aelab
