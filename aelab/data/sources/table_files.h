#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "aelab/data/formats/csv.h"
#include "aelab/data/source.h"

namespace aelab {

using ReadTable = CsvTable (*)(const std::filesystem::path& file, const CsvFormat& format);

/// Tables in files of any format, those of `files` one below the other, and those of `test_files`.
struct TableFiles {
  std::string source;  ///< the kind of the data source
  FileNames files, test_files;
  CsvFormat format;
  std::optional<std::vector<std::int64_t>> shape;  ///< of a row, which then has numbers only
  ReadTable read;
};

/// Reads them. `own`: what a model's inputs are, for which they are read; nullptr otherwise. Errors as of
/// Source::open().
Data read_table_files(const TableFiles& source, const InputSchema* own);

/// The rows of a table, of this shape; its values are taken out of it. `names`: of classes, as they are
/// numbered; none where labels are numbers. Throws a FieldError of "shape", and an Error about a label that
/// names the file.
Dataset table_rows(CsvTable& table, const Shape& shape, const std::vector<std::string>& names,
                   const std::string& file);

/// The kinds of columns that the fields of a config name.
std::vector<std::pair<std::string, ColumnKind>> kinds_of_columns(const std::vector<ColumnName>& numeric,
                                                                 const std::vector<ColumnName>& categorical,
                                                                 const std::vector<ColumnName>& flags,
                                                                 const std::vector<ColumnName>& counts,
                                                                 const std::vector<ColumnName>& dates);

}  // namespace aelab
