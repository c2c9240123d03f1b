#include "aelab/data/formats/parquet_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "aelab/core/error.h"
#include "aelab/core/memory.h"
#include "aelab/core/problems.h"
#include "aelab/core/text.h"
#include "aelab/data/formats/csv_columns.h"
#include "aelab/data/formats/csv_faults.h"
#include "aelab/data/formats/csv_rows.h"
#include "aelab/data/formats/csv_times.h"
#include "aelab/data/formats/parquet_columns.h"
#include "aelab/data/formats/parquet_file.h"

namespace aelab {
namespace {

/// What pandas calls the columns of an index that has no name.
bool is_pandas_index(const std::string& name) {
  return name.starts_with("__index_level_") && name.ends_with("__");
}

class ParquetTable {
 public:
  ParquetTable(const std::filesystem::path& path, const CsvFormat& format)
      : path_(path.string()), source_(path), format_(format) {
    for (const auto& column : source_.columns()) names_.push_back(column.name);
  }

  CsvTable read() {
    if (names_.empty()) throw Error(path_ + ": has no columns");
    if (source_.rows() <= 0) throw Error(path_ + ": has no rows");
    table_.rows = source_.rows();
    table_.has_header = true;
    check_names();
    choose_columns();
    give_kinds();
    check_stored_kinds();
    problems_.raise();
    read_texts();
    read_typed_cells();
    find_layout();
    read_numbers();
    settle();
    problems_.raise();
    return std::move(table_);
  }

 private:
  std::string path_;
  ParquetFile source_;
  CsvFormat format_;
  std::vector<std::string> names_;
  std::vector<ParquetColumn> columns_;
  std::optional<std::size_t> label_, time_, group_;
  std::vector<std::size_t> offsets_;  // of the columns in a row
  CsvTable table_;
  Problems problems_;

  void check_names() {
    std::set<std::string> known;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (!is_utf8(names_[i])) throw Error(fmt::format("{}: the name of column {} is not UTF-8", path_, i));
      if (!known.insert(names_[i]).second)
        table_.notes.push_back(fmt::format("several columns are called {}", in_json(names_[i])));
    }
  }

  bool is_mentioned(const std::string& name) const {
    return name == format_.label || name == format_.time || name == format_.group ||
           std::any_of(format_.kinds.begin(), format_.kinds.end(),
                       [&](const auto& kind) { return kind.first == name; });
  }

  /// Leaves out an index that pandas wrote, unless the format or the model names it.
  void leave_out_index() {
    if (!format_.columns.empty()) return;
    for (const auto& name : names_) {
      const auto& ignored = format_.ignore;
      if (!is_pandas_index(name) || is_mentioned(name) ||
          std::find(ignored.begin(), ignored.end(), name) != ignored.end())
        continue;
      format_.ignore.push_back(name);
      table_.notes.push_back(fmt::format("{} is an index that pandas wrote, and is left out", in_json(name)));
    }
  }

  void choose_columns() {
    leave_out_index();
    auto chosen = aelab::choose_columns(names_, format_, path_, "");
    if (chosen.values.empty()) throw Error(path_ + ": no feature columns are left");
    for (auto& note : chosen.notes) table_.notes.push_back(std::move(note));
    label_ = chosen.label;
    time_ = chosen.time;
    group_ = chosen.group;
    if (label_) table_.label = names_[*label_];
    if (time_) table_.time = names_[*time_];
    if (group_) table_.group = names_[*group_];
    if (!format_.types.empty() && format_.types.size() != chosen.values.size())
      throw Error(
          fmt::format("{}: has {} columns instead of {}", path_, chosen.values.size(), format_.types.size()));
    for (std::size_t i = 0; i < chosen.values.size(); ++i) {
      const auto place = chosen.values[i];
      columns_.emplace_back(source_.columns()[place], reference_to(names_, place), place, path_);
      if (!format_.types.empty()) columns_.back().typed().type = format_.types[i];
    }
  }

  /// The kinds that the format names.
  void give_kinds() {
    if (!format_.types.empty()) return;
    for (const auto& [name, kind] : format_.kinds) {
      const auto place = column_called(names_, name, path_);
      const auto found = std::find_if(columns_.begin(), columns_.end(),
                                      [&](const auto& column) { return column.place() == place; });
      if (found == columns_.end())
        throw Error(fmt::format("{}: column {} is the label or left out: it cannot be {} as well", path_,
                                in_json(name), name_of(kind)));
      auto& given = found->typed().kind;
      if (given && *given != kind)
        throw Error(fmt::format("{}: column {} is given as {} and as {}: choose one", path_, in_json(name),
                                name_of(*given), name_of(kind)));
      given = kind;
    }
    if (!format_.numbers_only) return;
    for (auto& column : columns_) column.make_numeric();
  }

  std::string left_out(const ParquetColumn& column) const {
    return format_.columns.empty()
               ? "leave it out: " + ignore_option(format_.ignore, {column.typed().reference})
               : "convert it in the file, since the model was trained on it";
  }

  void check_stored_kinds() {
    for (const auto& column : columns_) {
      const auto& stored = column.stored();
      const bool is_number = stored.kind == StoredKind::number || stored.kind == StoredKind::flag;
      if (stored.kind == StoredKind::other)
        problems_.add(column.typed().place(0) +
                      fmt::format("cells of type {} are not read; {}", stored.type, left_out(column)));
      else if (format_.numbers_only && !is_number)
        problems_.add(column.typed().place(0) +
                      fmt::format("cells of type {} are not numbers; {}", stored.type, left_out(column)));
      if (!stored.zone.empty() && stored.zone != "UTC")
        table_.notes.push_back(fmt::format("the times of {} are of the zone {}, and are read in UTC",
                                           in_json(stored.name), stored.zone));
    }
    for (const auto& [column, use] : {std::pair(label_, "labels"), {time_, "times"}, {group_, "groups"}})
      if (column && source_.columns()[*column].kind == StoredKind::other)
        problems_.add(fmt::format("{}: column {} ({}): cells of type {} cannot be {}", path_, *column,
                                  in_json(names_[*column]), source_.columns()[*column].type, use));
  }

  /// Reads those of the columns for which `which` holds, by take(column, first row, cells).
  template <class Which, class Take>
  void read_columns(Which which, Take take) {
    std::vector<ParquetColumn*> chosen;
    std::vector<std::size_t> places;
    for (auto& column : columns_)
      if (which(column)) {
        chosen.push_back(&column);
        places.push_back(column.place());
      }
    source_.read(places, [&](std::int64_t row, std::size_t i, const StoredCells& cells) {
      take(*chosen[i], row, cells);
    });
  }

  /// Labels, times and groups, and columns of strings whose kind is looked for.
  void read_texts() {
    if (label_) read_names(*label_, "label", table_.labels);
    if (group_) read_names(*group_, "group", table_.groups);
    if (time_) read_times(*time_);
    const auto is_looked_at = [](const ParquetColumn& column) { return column.is_looked_at(); };
    read_columns(is_looked_at, [&](ParquetColumn& column, std::int64_t row, const StoredCells& cells) {
      column.look_at(row, cells, format_);
    });
    for (auto& column : columns_)
      if (column.is_looked_at()) column.settle_text(format_, problems_, table_.notes);
  }

  /// `row 3: column 1 ("when"): ` of this file.
  std::string place(std::size_t column, std::int64_t row) const {
    return fmt::format("{}: row {}: column {} ({}): ", path_, row, column, in_json(names_[column]));
  }

  /// The texts of a column of labels, or of names of series.
  void read_names(std::size_t column, const std::string& what, std::vector<std::string>& names) {
    source_.read({column}, [&](std::int64_t row, std::size_t, const StoredCells& cells) {
      for (std::size_t i = 0; i < cells.size() && !problems_.enough(); ++i, ++row) {
        auto name = cells.missing[i] ? std::string() : cells.text(i);
        if (trimmed(name).empty())
          problems_.add(place(column, row) + "the " + what + " is missing; add it, or remove the row");
        if (!is_utf8(name)) problems_.add(place(column, row) + "is not UTF-8");
        names.push_back(std::move(name));
      }
    });
    problems_.say_if_enough(path_);
    if (problems_.enough()) problems_.raise();
  }

  void read_times(std::size_t column) {
    CsvTimes times([&](std::int64_t row) { return place(column, row); }, '.');
    source_.read({column}, [&](std::int64_t row, std::size_t, const StoredCells& cells) {
      for (std::size_t i = 0; i < cells.size(); ++i, ++row)
        times.add(cells.missing[i] ? std::string() : cells.text(i), row);
    });
    table_.times = times.finish(problems_);
    table_.has_dates = times.are_dates();
  }

  static bool has_typed_cells(const ParquetColumn& column) {
    return column.is_typed() && !column.is_refused();
  }

  void read_typed_cells() {
    read_columns(has_typed_cells, [&](ParquetColumn& column, std::int64_t row, const StoredCells& cells) {
      column.add_typed(row, cells, format_);
    });
    for (auto& column : columns_)
      if (has_typed_cells(column)) column.finish_typed(format_, problems_);
  }

  /// Makes room for the values, unless something is wrong already.
  void find_layout() {
    std::size_t width = 0;
    for (auto& column : columns_) {
      offsets_.push_back(width);
      width += column.is_typed() ? static_cast<std::size_t>(column.type().width()) : 1;
    }
    if (!problems_.empty()) return;
    require_memory(static_cast<double>(table_.rows) * static_cast<double>(width) * sizeof(float),
                   path_ + fmt::format(", {} rows of {} values,", table_.rows, width),
                   "leave columns or rows out");
    table_.values.resize(static_cast<std::size_t>(table_.rows) * width);
  }

  std::size_t width() const { return table_.values.size() / static_cast<std::size_t>(table_.rows); }

  void read_numbers() {
    const auto is_number = [](const ParquetColumn& column) { return !column.is_typed(); };
    read_columns(is_number, [&](ParquetColumn& column, std::int64_t row, const StoredCells& cells) {
      auto* values = table_.values.empty()
                         ? nullptr
                         : table_.values.data() + static_cast<std::size_t>(row) * width() +
                               offsets_[static_cast<std::size_t>(&column - columns_.data())];
      column.add_numbers(row, cells, format_, values, width());
    });
    for (auto& column : columns_)
      if (is_number(column)) column.settle_numbers(format_, problems_);
    if (format_.numbers_only) require_numbers();
    problems_.raise();
  }

  /// Rows of numbers alone have no missing values.
  void require_numbers() {
    for (auto& column : columns_) {
      if (column.first_missing() >= 0)
        problems_.add(column.typed().place(column.first_missing() + 1) +
                      "the value is missing; fill it, remove its row, or " + left_out(column));
      column.type() = {.name = column.typed().name};
    }
  }

  void settle() {
    find_flags();
    for (auto& column : columns_) {
      table_.types.push_back(column.type());
      table_.types.back().name = column.typed().name;  // the type may be that of another file's column
    }
    table_.columns = feature_names(table_.types);
    add_word_notes();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      auto& column = columns_[i];
      const auto parts = static_cast<std::size_t>(column.type().width());
      if (column.is_typed()) write_typed(column, offsets_[i], parts);
      table_.references.insert(table_.references.end(), parts, column.typed().reference);
      table_.merged.insert(table_.merged.end(), parts, is_merged(column));
      if (!column.is_typed()) table_.summaries.push_back(column.reading().summary());
    }
  }

  /// In a table that is more than numbers, columns of 0 and 1 alone are flags, unless their kind is given.
  void find_flags() {
    if (!format_.types.empty() || format_.numbers_only) return;
    ColumnTypes types;
    for (auto& column : columns_) types.push_back(column.type());
    if (are_plain(types) && format_.kinds.empty()) return;
    for (auto& column : columns_)
      if (column.looks_like_flag()) column.type().kind = ColumnKind::flag;
  }

  void add_word_notes() {
    constexpr std::size_t kMost = 5;
    std::map<const TruthWords*, std::vector<std::string>> columns;
    for (const auto& column : columns_)
      if (column.words()) columns[column.words()].push_back(in_json(column.typed().name));
    for (const auto& [words, names] : columns)
      table_.notes.push_back(
          fmt::format("{} and {} are read as 1 and 0: {}", words->one, words->zero, join_some(names, kMost)));
  }

  /// The numbers of categories and dates, and their summaries.
  void write_typed(const ParquetColumn& column, std::size_t offset, std::size_t parts) {
    std::vector<ColumnReading> readings(parts);
    for (std::int64_t row = 0; row < table_.rows; ++row) {
      auto* values = table_.values.data() + static_cast<std::size_t>(row) * width() + offset;
      column.write(row, values);
      for (std::size_t part = 0; part < parts; ++part)
        if (!std::isnan(values[part])) readings[part].add(values[part], {});
    }
    for (const auto& reading : readings) table_.summaries.push_back(reading.summary());
  }

  /// Whether different values of a column of numbers are the same 32-bit floats, which is noted.
  bool is_merged(const ParquetColumn& column) {
    if (!column.are_merged()) return false;
    const auto& typed = column.typed();
    table_.notes.push_back(
        column.reading().note_of_merged(typed.name, ignore_option(format_.ignore, {typed.reference})));
    return true;
  }
};

}  // namespace

CsvTable read_parquet(const std::filesystem::path& path, const CsvFormat& format) {
  return ParquetTable(path, format).read();
}

}  // namespace aelab
