#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace aelab {

/// Parses JSON strictly. `name` is the file's, for messages. Error, with line and column, on anything that
/// JSON libraries pass over in silence: duplicate keys, numbers that are not finite or do not fit 64 bits,
/// nesting deeper than 64, text after the end.
nlohmann::json parse_json(std::string_view text, const std::string& name);

/// Where two values differ first, "training.epochs" written as "training/epochs"; "" when it is as a whole.
std::string first_difference(const nlohmann::json& before, const nlohmann::json& now);

/// That difference, "training/epochs is 3, not 5".
std::string difference_in_words(const nlohmann::json& before, const nlohmann::json& now);

/// "an object", "a string", "3.7": what a message calls a value.
std::string describe_json(const nlohmann::json& value);

}  // namespace aelab
