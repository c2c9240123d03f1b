#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace aelab {

/// Throws an Error when a JSON file, to be read as a file of this kind ("run", "comparison"), is of another
/// kind: a file of aelab for another command, a file of a run's or comparison's folder, or none of aelab's.
/// The message gives the command that takes it. A file that has any keys of its kind is left to its reader.
void require_kind(const nlohmann::json& value, const std::string& file, std::string_view kind);

}  // namespace aelab
