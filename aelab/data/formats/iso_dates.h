#pragma once

#include <cstdint>
#include <string>

namespace aelab {

/// A moment as ISO 8601 writes it in UTC: "2023-01-02T10:30:00", "2023-01-02" at midnight. `ticks` are
/// counted from 1970, `per_second` of them a second; fractions of seconds are left out. Outside of the years
/// 1 to 9999, which other programs do not read, a text that is no date: "2932897 days after 1970".
std::string iso_date(std::int64_t ticks, std::int64_t per_second);

}  // namespace aelab
