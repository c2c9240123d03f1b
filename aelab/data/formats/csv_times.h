#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "aelab/core/problems.h"
#include "aelab/data/formats/csv_numbers.h"

namespace aelab {

/// The column of times of a table: numbers, or dates with or without a time of day (formats/dates.h), which
/// become seconds since 1970.
class CsvTimes {
 public:
  /// `place` is what messages call a cell, such as `t.csv:3: column 1 ("when"): `; `decimal` the decimal sign
  /// where it is known.
  CsvTimes(std::function<std::string(std::int64_t line)> place, std::optional<char> decimal)
      : place_(std::move(place)), decimals_(decimal) {}

  void add(std::string_view text, std::int64_t line);
  /// All times, once all are there. What is wrong with cells is added to `problems`: one that is missing, or
  /// neither; dates that may be read in two ways.
  std::vector<double> finish(Problems& problems);
  /// Whether they are dates. Known after finish().
  bool are_dates() const { return !dates_.empty(); }

 private:
  struct Cell {
    std::int64_t line;
    std::string text;
  };
  std::function<std::string(std::int64_t line)> place_;
  DecimalSigns decimals_;
  std::vector<double> numbers_;  // as long as all are
  std::vector<Cell> dates_;      // all cells from the first one on that is no number; then numbers_ is empty
  std::optional<Cell> wrong_;

  /// Whether the day is in front of the month, where a date shows it.
  std::optional<bool> day_first() const;
};

}  // namespace aelab
