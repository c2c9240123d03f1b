#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "aelab/core/fields.h"

namespace aelab {

/// What the cells of a table's column are.
enum class ColumnKind {
  numeric,
  categorical,  ///< one of a list of texts; in rows, its place in the list
  flag,         ///< 0 or 1, or a pair of words for them
  count,        ///< whole numbers from 0
  date,         ///< dates; in rows, a number for each of their parts
};
std::span<const std::string_view> names(ColumnKind);

/// Numbers that a date is taken apart into: the year; the month 1 to 12; the day of the month; the day of the
/// week, 0 for Monday; the hour of the day, with its fraction.
enum class DatePart { year, month, day, weekday, hour };
std::span<const std::string_view> names(DatePart);

/// A column of a table, as it is read into rows of float32: a cell is one number of a row, that of a date one
/// number for each part. A missing cell is NaN.
struct ColumnType {
  std::string name = {};
  ColumnKind kind = ColumnKind::numeric;
  /// Of categories: their texts, in the order of their bytes, behind which a file that is read by another
  /// one's types has those that are not seen there. Of a flag that is written in words: those for 0 and
  /// for 1.
  std::vector<std::string> categories = {};
  bool missing = false;                ///< whether cells of the training file are missing
  std::vector<DatePart> parts = {};    ///< of a date
  std::optional<bool> day_first = {};  ///< of dates such as 1/2/2023, where the file shows it

  void fields(Fields& f);
  bool operator==(const ColumnType&) const = default;

  /// How many numbers of a row a cell is.
  std::int64_t width() const {
    return kind == ColumnKind::date ? static_cast<std::int64_t>(parts.size()) : 1;
  }
  /// The number from which on cells are of unseen categories.
  std::int64_t unseen() const { return static_cast<std::int64_t>(categories.size()); }
};

using ColumnTypes = std::vector<ColumnType>;

/// Whether all columns are numbers, true or false, without a missing cell.
bool are_plain(const ColumnTypes& types);

/// What the numbers of a row are called: by the names of the columns, and "when.month" the parts of a date.
std::vector<std::string> feature_names(const ColumnTypes& types);

/// How a row's number `value` is written in a table: by the text of its category or flag, "" where it is NaN,
/// as a whole number in a column of counts. Of a date, `part` is the number's place among its parts.
std::string cell_text(const ColumnType& type, float value);

/// A date as ISO 8601 writes it, of the numbers of its parts, rounded to a date that exists; "" where one is
/// NaN. Without an hour it has none, and without a month or day it is the first.
std::string date_text(const ColumnType& type, const float* values);

}  // namespace aelab
