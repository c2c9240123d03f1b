#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aelab/core/problems.h"
#include "aelab/data/formats/csv_cells.h"
#include "aelab/data/formats/csv_faults.h"
#include "aelab/data/formats/csv_rows.h"

namespace aelab {

/// The columns of values of a table, read row by row. Cells of a column are kept as texts from its first text
/// on, if no number was before it. Other columns that turn out to be texts are read in a second pass.
class CsvValues {
 public:
  /// `columns` are the places of those that are read. What is referred to outlives this object. Error where
  /// `format` has another number of types, or gives a kind to a column that is not read.
  CsvValues(const std::vector<std::string>& names, std::vector<std::size_t> columns, const CsvFormat& format,
            const std::string& file, Problems& problems);

  std::size_t width() const { return columns_.size(); }
  /// The values of a row, appended to `values`.
  void take(const std::vector<CsvField>& row, std::int64_t line, std::vector<float>& values);
  /// Fills in the table's columns and their types, once all rows are read, and adds what is wrong with them.
  void settle_types(CsvTable& table);
  /// Throws what was found wrong with the values.
  void raise_problems() const;
  /// Fills in the values and summaries. `again` gives the rows of the table again.
  void finish(CsvTable& table, const std::function<CsvRows()>& again);

 private:
  const std::vector<std::string>& names_;
  std::vector<std::size_t> columns_;
  const CsvFormat& format_;
  const std::string& file_;
  Problems& problems_;
  DecimalSigns decimals_;
  std::vector<ColumnReading> readings_;           // of columns_
  std::vector<CellTally> tallies_;                // of columns_
  std::vector<TypedColumn> typed_;                // of columns_
  std::vector<std::optional<TypedCells>> texts_;  // of columns_, where cells are kept as texts
  ColumnFaults faults_;

  void give_kinds();
  void require_names_of_types() const;
  bool is_missing(std::string_view text) const;
  bool is_text(std::size_t i) const;
  std::string place(std::size_t column, std::int64_t line) const;
  void add_not_a_number(std::size_t i, std::string_view text, std::int64_t line);
  std::optional<double> read_word(std::size_t i, std::string_view text, std::int64_t line);
  void keep_text(std::size_t i, std::string_view text, bool missing, std::int64_t line);
  float cell(std::size_t i, std::string_view text, std::int64_t line);
  float number(std::size_t i, std::string_view text, std::int64_t line);
  void find_flags(CsvTable& table) const;
  void add_notes(CsvTable& table) const;
  void find_merged_values(CsvTable& table);
  void read_typed_cells(CsvTable& table, const std::function<CsvRows()>& again);
  void read_again(std::map<std::size_t, TypedCells>& cells, std::int64_t rows, CsvRows again);
};

/// "1 field", "3 fields"
std::string counted(std::size_t count, std::string_view noun);

}  // namespace aelab
