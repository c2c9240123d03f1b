#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace aelab {

/// Parses JSON strictly. `name` is the file's, for messages. Throws an Error with line and column, also for
/// what JSON libraries accept silently: duplicate keys, numbers that are infinite or do not fit in 64 bits,
/// nesting deeper than 64 levels, text after the end.
nlohmann::json parse_json(std::string_view text, const std::string& name);

/// The place of the first difference between two values, such as "training/epochs"; "" if it is at the top.
std::string first_difference(const nlohmann::json& before, const nlohmann::json& now);

/// That difference in words: "training/epochs is 3, not 5".
std::string difference_in_words(const nlohmann::json& before, const nlohmann::json& now);

/// A value in messages: "an object", "a list", "3.7".
std::string describe_json(const nlohmann::json& value);

/// JSON on one line, with a space after each comma and colon: `[64, 32]`.
std::string one_line(const nlohmann::json& value);

}  // namespace aelab
