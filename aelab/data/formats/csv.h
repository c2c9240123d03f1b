#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aelab {

/// How a table is read. What is unset is detected from the file and reported in CsvTable::notes.
struct CsvFormat {
  std::optional<char> delimiter = {};    ///< ' ' stands for any run of blanks and tabs
  std::optional<char> decimal = {};      ///< '.' or ','
  std::optional<bool> header = {};       ///< whether the first row names the columns
  std::string comment = "#";             ///< lines that begin with it are skipped; empty: none
  std::int64_t skip_lines = 0;           ///< at the beginning, before anything else is looked at
  std::string label = {};                ///< the labels' column: its name, or its number from 0; "": none
  std::vector<std::string> ignore = {};  ///< columns that are left out, by name or number
};

/// A table of numbers, with or without a column of labels.
struct CsvTable {
  std::vector<std::string> columns;  ///< names of the columns of values; numbers from 0 without a header
  std::vector<float> values;         ///< [rows, columns]
  std::vector<std::string> labels;   ///< [rows], as they are written; none without a label column
  std::string label = {};            ///< the name of the labels' column
  bool has_header = false;
  std::int64_t rows = 0;
  std::vector<std::string> notes = {};  ///< what was detected and differs from RFC 4180, for the user to read
};

/// Reads a table (RFC 4180; lines may end in \n, \r\n or \r; UTF-8 or UTF-16). A field NA, NaN, null, None, ?
/// or an empty one is a missing value; as a label, a quoted "NA" is a class. Error names `file`, line and
/// column: a ragged row, a value that is missing or not a finite number, a quote that is not closed. At most
/// ten are reported at once.
CsvTable parse_csv(std::string_view text, const CsvFormat& format, const std::string& file);

/// The same of a file, gzipped or not. Error also where it is another kind of file (file_kind.h).
CsvTable read_csv(const std::filesystem::path& path, const CsvFormat& format);

}  // namespace aelab
