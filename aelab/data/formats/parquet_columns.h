#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aelab/core/problems.h"
#include "aelab/data/formats/csv_cells.h"
#include "aelab/data/formats/csv_numbers.h"
#include "aelab/data/formats/parquet_file.h"

namespace aelab {

/// A column of a Parquet file that is read into a table: what it holds, what it is read as, and what was
/// found in its cells so far.
class ParquetColumn {
 public:
  /// `reference` is what "ignore" calls it, `place` its number in the file, which is called `file`.
  ParquetColumn(StoredColumn stored, std::string reference, std::size_t place, std::string file);

  std::size_t place() const { return place_; }
  TypedColumn& typed() { return typed_; }
  const TypedColumn& typed() const { return typed_; }
  ColumnType& type() { return type_; }

  /// Whether the kind is known and is one of texts: a category or a date.
  bool is_typed() const;
  /// Whether cells are read as texts before the kind is known, or to know it.
  bool is_looked_at() const { return stored_.kind == StoredKind::text && !kind(); }
  /// Reads all cells as numbers.
  void make_numeric() { typed_.kind = ColumnKind::numeric; }

  /// Counts cells that begin with this row, of a column whose kind is looked for.
  void look_at(std::int64_t row, const StoredCells& cells, const CsvFormat& format);
  /// Finds the type of such a column, and adds what is wrong to `problems`, notes to `notes`.
  void settle_text(const CsvFormat& format, Problems& problems, std::vector<std::string>& notes);

  /// Reads cells of categories or dates.
  void add_typed(std::int64_t row, const StoredCells& cells, const CsvFormat& format);
  void finish_typed(const CsvFormat& format, Problems& problems);
  /// The numbers of a row of such a column.
  void write(std::int64_t row, float* values) const { cells_->write(row, values); }

  /// Reads cells of numbers and, where `values` is not null, writes them there, each `stride` behind the one
  /// before.
  void add_numbers(std::int64_t row, const StoredCells& cells, const CsvFormat& format, float* values,
                   std::size_t stride);
  /// Finds the type of a column of numbers, and adds what is wrong to `problems`.
  void settle_numbers(const CsvFormat& format, Problems& problems);

  /// Whether it has numbers whose differences are lost in 32-bit floats.
  bool are_merged() const;
  /// Whether a column of numbers has no kind of its own and no values but 0 and 1, both of them.
  bool looks_like_flag() const;
  const ColumnReading& reading() const { return reading_; }
  /// The words that are read as 1 and 0; nullptr where there are none.
  const TruthWords* words() const { return type_.kind == ColumnKind::flag ? words_ : nullptr; }
  bool is_refused() const { return refused_; }  ///< whether settle_text() found something wrong
  const StoredColumn& stored() const { return stored_; }
  std::int64_t first_missing() const { return first_missing_; }  ///< row; -1: none

 private:
  StoredColumn stored_;
  std::size_t place_;
  std::string file_;
  TypedColumn typed_;
  ColumnType type_;
  CellTally tally_;
  ColumnReading reading_;
  const TruthWords* words_ = nullptr;
  std::optional<TypedCells> cells_;
  std::int64_t first_missing_ = -1, number_texts_ = 0;
  bool refused_ = false, has_values_ = false;

  std::optional<ColumnKind> kind() const;
  bool is_missing(std::size_t i, std::int64_t row, const StoredCells& cells, const CsvFormat& format);
  float number(double value, std::int64_t row, const StoredCells& cells, std::size_t i);
  void take_words();
  float number_in_text(std::string_view text, std::int64_t row);
};

/// Whether a text stands for a missing value.
bool is_missing_text(std::string_view text, const CsvFormat& format);

}  // namespace aelab
