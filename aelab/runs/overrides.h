#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace aelab {

/// Sets "path.to.key=value" in a config's JSON. List entries are named by their number from 0, as in
/// callbacks[0].patience or callbacks.0.patience; the number after the last appends. A value is JSON, or
/// else a text. A kind given by its name alone becomes an object when one of its fields is set.
/// Error when an override has no '=' or leads through something that is neither an object nor a list.
void apply_overrides(nlohmann::json& config, const std::vector<std::string>& overrides);

/// Sets one value; its path is written as in an override. Error, headed by `where`, as above.
void set_value(nlohmann::json& config, const std::string& path, nlohmann::json value,
               const std::string& where);

}  // namespace aelab
