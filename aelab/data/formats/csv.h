#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aelab/data/formats/column_summary.h"
#include "aelab/data/formats/column_type.h"

namespace aelab {

/// How a table is read. What is unset is detected from the file and reported in CsvTable::notes.
struct CsvFormat {
  std::optional<char> delimiter = {};    ///< ' ' stands for any number of spaces and tabs
  std::optional<char> decimal = {};      ///< '.' or ','
  std::optional<bool> header = {};       ///< whether the first row names the columns
  std::string comment = "#";             ///< lines that begin with it are skipped; empty: none
  std::int64_t skip_lines = 0;           ///< lines to skip at the beginning of the file
  std::string label = {};                ///< the labels' column: its name, or its number from 0; "": none
  std::string time = {};                 ///< the column of times, in the same way
  std::string group = {};                ///< the column that tells series apart, in the same way
  std::vector<std::string> ignore = {};  ///< columns that are left out, by name or number
  /// The names of the columns that are read, in their order, for a model that was trained on such columns;
  /// all others are left out, and labels, times and groups may be missing. Empty: all columns but these and
  /// `ignore`.
  std::vector<std::string> columns = {};
  /// Whether texts and missing values are errors, as where rows are images.
  bool numbers_only = false;
  /// Texts of missing values, besides the empty one; unset: NA, N/A, NaN, null, None and ?.
  std::optional<std::vector<std::string>> missing = {};
  std::vector<std::pair<std::string, ColumnKind>> kinds = {};  ///< of columns, by name or number
  /// Types of the columns that are read, in their order, which were found in another file; empty: they are
  /// found in this one.
  ColumnTypes types = {};
  bool new_categories = false;  ///< whether unseen ones are added to those of `types`
};

/// A table of numbers, with or without a column of labels. What is said of columns of values is said of each
/// part of a column of dates.
struct CsvTable {
  std::vector<std::string> columns;  ///< names of the columns of values; numbers from 0 without a header
  std::vector<std::string>
      references;     ///< of the same columns in "ignore": names, or numbers where not unique
  ColumnTypes types;  ///< of the columns of the file that are read, dates as one
  std::vector<ColumnSummary> summaries;  ///< of the same columns, without missing values
  std::vector<bool> merged;              ///< whether rounding to float32 merges different values of a column
  std::vector<float> values;             ///< [rows, columns]; NaN where a value is missing
  std::vector<std::string> labels;       ///< [rows], as they are written; none without a label column
  std::string label = {};                ///< the name of the labels' column
  std::vector<double> times = {};        ///< [rows]; dates in seconds since 1970; none without a time column
  bool has_dates = false;                ///< whether times are dates
  std::string time = {};                 ///< the name of the column of times
  std::vector<std::string> groups = {};  ///< [rows], as they are written; none without a group column
  std::string group = {};                ///< the name of the column that tells series apart
  bool has_header = false;
  std::int64_t rows = 0;
  std::vector<std::string> notes = {};  ///< what was detected and differs from RFC 4180, for the user to read
};

/// Reads a table (RFC 4180; lines may end in \n, \r\n or \r; UTF-8 or UTF-16). A field NA, NaN, null, None, ?
/// or an empty one is a missing value; as a label, a quoted "NA" is a class. A column is of the kind that
/// `format` gives it. Of others, one that consists of the words true and false, yes and no, t and f, y and n,
/// or on and off, in any case, is a flag; one with more texts than numbers is one of dates, if they are, and
/// otherwise of categories; all others are numeric.
/// Error names `file`, line and column: a ragged row, a value that is not finite or, in a column of numbers,
/// a text; a label that is missing; a quote that is not closed. So are texts that no other row has (names,
/// identifiers), numbers with currency signs and times, unless `format` says their kind. At most ten are
/// reported at once.
CsvTable parse_csv(std::string_view text, const CsvFormat& format, const std::string& file);

/// Reads a table from a file, gzipped or not, as parse_csv() does. Throws an Error also where it is another
/// kind of file (file_kind.h).
CsvTable read_csv(const std::filesystem::path& path, const CsvFormat& format);

}  // namespace aelab
