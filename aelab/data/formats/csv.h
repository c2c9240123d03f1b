#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aelab {

/// How a table is to be read.
struct CsvFormat {
  char delimiter = ',';
  std::optional<bool> header = {};  ///< whether the first row names the columns; found out when unset
  std::string label = {};           ///< the labels' column: its name, or its number from 0; none when empty
  std::vector<std::string> ignore = {};  ///< columns that are left out, named alike
};

/// A table of numbers, with or without a column of labels.
struct CsvTable {
  std::vector<std::string> columns;  ///< names of the columns of values; numbers from 0 without a header
  std::vector<float> values;         ///< [rows, columns]
  std::vector<std::string> labels;   ///< [rows], as they are written; none without a label column
  std::int64_t rows = 0;
};

/// Reads a table (RFC 4180; lines may end in \n alone). Error names `file`, line and column: a ragged row, a
/// value that is missing or no finite number, a quote that does not end. Up to ten are told at once.
CsvTable parse_csv(std::string_view text, const CsvFormat& format, const std::string& file);

/// The same of a file, gzipped or not.
CsvTable read_csv(const std::filesystem::path& path, const CsvFormat& format);

}  // namespace aelab
