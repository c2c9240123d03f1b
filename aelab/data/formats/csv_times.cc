#include "aelab/data/formats/csv_times.h"

#include <fmt/format.h>

#include <cmath>

#include "aelab/data/formats/csv_rows.h"
#include "aelab/data/formats/dates.h"

namespace aelab {

void CsvTimes::add(std::string_view text, std::int64_t line) {
  text = trimmed(text);
  if (wrong_) return;
  const auto number = dates_.empty() ? decimals_.read(text, line) : std::nullopt;
  if (number && std::isfinite(*number))
    numbers_.push_back(*number);
  else if (numbers_.empty() && !text.empty())
    dates_.push_back({line, std::string(text)});
  else
    wrong_ = {line, std::string(text)};
}

std::optional<bool> CsvTimes::day_first() const {
  for (const auto& [line, text] : dates_) {
    bool ambiguous = false;
    const auto as_day = seconds_of_date(text, true, ambiguous),
               as_month = seconds_of_date(text, false, ambiguous);
    if (as_day.has_value() != as_month.has_value()) return as_day.has_value();
  }
  return std::nullopt;
}

std::vector<double> CsvTimes::finish(Problems& problems) {
  constexpr std::size_t kShown = 40;
  const auto refuse = [&](const Cell& cell, const std::string& problem) {
    problems.add(place_(cell.line) + problem);
  };
  std::vector<double> times = numbers_;
  std::optional<bool> first;
  for (const auto& cell : dates_) {
    if (wrong_) break;
    bool is_ambiguous = false;
    auto seconds = seconds_of_date(cell.text, first, is_ambiguous);
    if (is_ambiguous && !first) {
      first = day_first();
      if (!first) {
        refuse(cell,
               fmt::format("in \"{}\" the day or the month may be first; write times as 2023-01-31 10:30",
                           cell.text.substr(0, kShown)));
        return {};
      }
      seconds = seconds_of_date(cell.text, first, is_ambiguous);
    }
    if (!seconds)
      wrong_ = cell;
    else
      times.push_back(*seconds);
  }
  if (!wrong_) return times;
  if (wrong_->text.empty())
    refuse(*wrong_, "the time is missing; add it, or remove the row");
  else
    refuse(*wrong_, fmt::format("\"{}\" is not {}; write times as 2023-01-31 10:30, or all as numbers",
                                wrong_->text.substr(0, kShown),
                                numbers_.empty() ? "a date" : "a number, as the times before it are"));
  return {};
}

}  // namespace aelab
