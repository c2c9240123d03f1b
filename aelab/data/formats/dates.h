#pragma once

#include <optional>
#include <string_view>

namespace aelab {

/// "a date" for a date with or without a time, "a time" for a time of day or a duration, in the usual forms
/// of ISO 8601, pandas, spreadsheets and C: "2023-01-02", "2.1.2023", "Jan 2, 2023", "10:30:00",
/// "2023-01-02T10:30:00Z"; "" for any other text.
std::string_view date_or_time(std::string_view text);

/// A day and the time on it, as it was written, whatever its time zone.
struct Date {
  int year = 0, month = 0, day = 0;
  double hour = 0;  ///< with its fraction
  bool has_hour = false;
  bool is_ambiguous = false;  ///< day and month may also be the other way round: 1/2/2023

  int weekday() const;  ///< 0 for Monday
};

/// The date that the text is, if it has a year, a month and a day: "2023-01-02", "2.1.2023", "1/2/2023",
/// "Jan 2, 2023", "20230102T1030", each with or without a time. Where day and month are both numbers, with
/// the year behind them, the day is first between points, and otherwise by `day_first`; where that is not
/// known and both may be months, Date::is_ambiguous. Nothing for other texts and days that do not exist.
std::optional<Date> parse_date(std::string_view text, std::optional<bool> day_first = {});

/// Seconds from 1970-01-01T00:00:00 to the date that the text is, with the fraction of a second and the
/// offset from UTC that it has, if it has any; as parse_date() reads the day. `is_ambiguous` is set where
/// that does. Nothing for other texts.
std::optional<double> seconds_of_date(std::string_view text, std::optional<bool> day_first,
                                      bool& is_ambiguous);

}  // namespace aelab
