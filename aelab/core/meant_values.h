#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace aelab {

// The right form of a config's value that is of the wrong type, for messages. null if it cannot be told. A
// list of one entry stands for its entry, and a string such as "64" for the number that it spells.

nlohmann::json truth_meant(const nlohmann::json& value);         ///< "yes", "True" or 1: true
nlohmann::json number_meant(const nlohmann::json& value);        ///< "0.1": 0.1, "20%": 0.2
nlohmann::json whole_number_meant(const nlohmann::json& value);  ///< 64.0: 64
nlohmann::json string_meant(const nlohmann::json& value);        ///< 4: "4"
nlohmann::json name_meant(const nlohmann::json& value,
                          const std::vector<std::string>& known);  ///< "ReLU": "relu"
/// 64: [64], "64,32": [64, 32]; an empty list for null.
nlohmann::json list_meant(const nlohmann::json& value);

}  // namespace aelab
