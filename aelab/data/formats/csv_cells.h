#pragma once

#include <array>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "aelab/core/problems.h"
#include "aelab/data/formats/csv.h"
#include "aelab/data/formats/csv_numbers.h"

namespace aelab {

/// What the cells of a column are, counted in a pass over the table: of which its type follows.
struct CellTally {
  struct Cell {
    std::int64_t line = 0;  ///< 0: there is none
    std::string text = {};
  };
  std::int64_t numbers = 0, words = 0, texts = 0, missing = 0;
  Cell first_text, first_word, first_infinite, first_not_count, first_not_flag;
  std::array<std::string, 2> words_written;  ///< for 0 and for 1, as they are first written

  /// A cell that is no number, and one of `pair`'s words if that is known.
  void add_text(std::string_view text, std::int64_t line, const TruthWords* pair);
  void add_number(double value, std::string_view text, std::int64_t line);

 private:
  const TruthWords* pair_ = nullptr;
};

/// A column whose type is looked for.
struct TypedColumn {
  std::string name, reference;                          ///< what "ignore" and the other fields call it
  std::optional<ColumnKind> kind = {};                  ///< that is given
  std::optional<ColumnType> type = {};                  ///< that is known from another file
  std::function<std::string(std::int64_t line)> place;  ///< `t.csv:3: column 1 ("age"): `
};

/// The type of a column by its cells; its categories and the order of its dates are found later. What is
/// wrong with its cells is added to `problems`.
ColumnType type_of_cells(const CellTally& tally, const TypedColumn& column, const CsvFormat& format,
                         Problems& problems);

/// Reads the cells of a column of categories or dates; it need not be known yet which it is. "1" and "1.0"
/// are one category, called "1".
class TypedCells {
 public:
  /// `known`: categories that cells may be of. `rows`: how many rows come before, whose cells are missing.
  explicit TypedCells(const std::vector<std::string>& known = {}, std::int64_t rows = 0);
  void add(std::string_view text, bool missing, std::int64_t line);
  std::int64_t rows() const { return std::ssize(cells_); }
  /// The type, with all that was found; what is wrong is added to `problems`. `grows`: whether unseen
  /// categories are put among the others, in the order of their bytes. Else they are appended, so that the
  /// numbers of those that a model knows stay as they are.
  const ColumnType& finish(ColumnType type, bool grows, const TypedColumn& column, const CsvFormat& format,
                           Problems& problems);
  /// The numbers of a row, `type.width()` of them, to `values`.
  void write(std::int64_t row, float* values) const;

 private:
  ColumnType type_;
  std::size_t known_;
  std::map<std::string, std::int32_t, std::less<>> places_;
  std::vector<std::int32_t> cells_;          // places by appearance, behind the known ones; -1: missing
  std::vector<std::string> texts_;           // of places, without the known ones
  std::vector<std::int64_t> lines_;          // where these appeared first
  std::vector<std::array<float, 5>> parts_;  // of dates, by place
  CellTally::Cell first_wrong_;

  void take_dates(const TypedColumn& column, Problems& problems);
  void sort_categories();
};

/// Puts the columns that were read as typed cells, by their places, in place of those in a table, with a
/// column for each part of a date.
void put_typed_cells(CsvTable& table, const std::map<std::size_t, TypedCells>& cells);

}  // namespace aelab
