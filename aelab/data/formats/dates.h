#pragma once

#include <string_view>

namespace aelab {

/// "a date" for a date with or without a time, "a time" for a time of day or a duration, in the usual forms
/// of ISO 8601, pandas, spreadsheets and C: "2023-01-02", "2.1.2023", "Jan 2, 2023", "10:30:00",
/// "2023-01-02T10:30:00Z"; "" for any other text.
std::string_view date_or_time(std::string_view text);

}  // namespace aelab
