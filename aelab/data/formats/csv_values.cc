#include "aelab/data/formats/csv_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "aelab/core/error.h"
#include "aelab/core/signals.h"
#include "aelab/core/text.h"
#include "aelab/data/formats/csv_columns.h"

namespace aelab {

namespace {

std::vector<std::string> known_categories(const TypedColumn& column) {
  return column.type ? column.type->categories : std::vector<std::string>();
}

}  // namespace

CsvValues::CsvValues(const std::vector<std::string>& names, std::vector<std::size_t> columns,
                     const CsvFormat& format, const std::string& file, Problems& problems)
    : names_(names),
      columns_(std::move(columns)),
      format_(format),
      file_(file),
      problems_(problems),
      decimals_(format.decimal),
      readings_(columns_.size()),
      tallies_(columns_.size()),
      texts_(columns_.size()) {
  if (!format.types.empty() && format.types.size() != columns_.size())
    throw Error(fmt::format("{}: has {} columns instead of {}", file, columns_.size(), format.types.size()));
  for (std::size_t i = 0; i < columns_.size(); ++i)
    typed_.push_back(
        {.name = names[columns_[i]],
         .reference = reference_to(names, columns_[i]),
         .type = format.types.empty() ? std::nullopt : std::optional(format.types[i]),
         .place = [this, column = columns_[i]](std::int64_t line) { return place(column, line); }});
  if (format.types.empty()) give_kinds();
  if (format.columns.empty()) require_names_of_types();
  for (std::size_t i = 0; i < columns_.size(); ++i)
    if (is_text(i) && !format.numbers_only) texts_[i].emplace(known_categories(typed_[i]));
}

/// Columns that types of another file were found for have the names that they have there, unless these are
/// numbers.
void CsvValues::require_names_of_types() const {
  for (std::size_t i = 0; i < typed_.size(); ++i) {
    const auto& type = typed_[i].type;
    if (!type || type->name == typed_[i].name ||
        type->name.find_first_not_of("0123456789") == std::string::npos)
      continue;
    throw Error(fmt::format(
        "{}: its columns differ from those of the first file: column {} is {} instead of {}; give all files "
        "the same columns in the same order",
        file_, columns_[i], in_json(typed_[i].name), in_json(type->name)));
  }
}

/// The kinds that the format names.
void CsvValues::give_kinds() {
  for (const auto& [name, kind] : format_.kinds) {
    const auto column = column_called(names_, name, file_);
    const auto found = std::find(columns_.begin(), columns_.end(), column);
    if (found == columns_.end())
      throw Error(fmt::format("{}: column {} is the label or left out: it cannot be {} as well", file_,
                              in_json(name), name_of(kind)));
    auto& typed = typed_[static_cast<std::size_t>(found - columns_.begin())];
    if (typed.kind && *typed.kind != kind)
      throw Error(fmt::format("{}: column {} is given as {} and as {}: choose one", file_, in_json(name),
                              name_of(*typed.kind), name_of(kind)));
    typed.kind = kind;
  }
}

bool CsvValues::is_missing(std::string_view text) const {
  if (!format_.missing) return is_missing_value(text);
  text = trimmed(text);
  return text.empty() ||
         std::find(format_.missing->begin(), format_.missing->end(), text) != format_.missing->end();
}

/// Whether a column's cells are texts for certain.
bool CsvValues::is_text(std::size_t i) const {
  const auto kind = typed_[i].type ? std::optional(typed_[i].type->kind) : typed_[i].kind;
  return kind == ColumnKind::categorical || kind == ColumnKind::date;
}

/// Line 0: of the whole column.
std::string CsvValues::place(std::size_t column, std::int64_t line) const {
  return fmt::format("{}{}: column {} (\"{}\"): ", file_, line ? fmt::format(":{}", line) : "", column,
                     names_[column]);
}

/// Once for a column whose first value is not a number either.
void CsvValues::add_not_a_number(std::size_t i, std::string_view text, std::int64_t line) {
  const auto& reading = readings_[i];
  if (faults_.is_text(columns_[i])) return;
  std::string remedy;
  if (format_.decimal == '.' && number_in(text, ','))
    remedy = "; set \"decimal\" to \",\" if the comma is a decimal one, or remove thousands separators";
  else if (reading.summary().first.empty() || reading.words)
    return faults_.add_text(columns_[i], line, text);
  else if (is_decorated_number(text))
    remedy = "; remove thousands separators, currency signs and percent signs";
  else
    remedy = "; correct it, or remove its row";
  problems_.add(place(columns_[i], line) +
                fmt::format("\"{}\" is not a number{}", text.substr(0, 40), remedy));
}

/// The value of a word in a column of such words alone.
std::optional<double> CsvValues::read_word(std::size_t i, std::string_view text, std::int64_t line) {
  auto& reading = readings_[i];
  const auto* words = truth_words(text);
  const bool first = reading.summary().first.empty();
  if (!words || !(first || reading.words == words)) return std::nullopt;
  if (first) reading.first_word = {line, std::string(trimmed(text))};
  reading.words = words;
  return is_true(text, *words);
}

/// A cell of a column that may be one of texts. Where most cells are numbers, it is none.
void CsvValues::keep_text(std::size_t i, std::string_view text, bool missing, std::int64_t line) {
  constexpr std::int64_t kManyNumbers = 1000;
  const auto& tally = tallies_[i];
  auto& kept = texts_[i];
  if (!kept) {
    if (missing || tally.numbers > 0 || tally.texts + tally.words > 1) return;
    kept.emplace(std::vector<std::string>(), tally.missing);
  }
  if (!is_text(i) && tally.numbers > tally.texts + tally.words + kManyNumbers)
    kept.reset();
  else
    kept->add(text, missing, line);
}

/// The value of a cell, NaN where it is missing or known later.
float CsvValues::cell(std::size_t i, std::string_view text, std::int64_t line) {
  constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();
  auto& tally = tallies_[i];
  if (is_missing(text)) {
    keep_text(i, text, /*missing=*/true, line);
    ++tally.missing;
    return kMissing;
  }
  if (is_text(i)) {
    keep_text(i, text, /*missing=*/false, line);
    return kMissing;
  }
  if (const auto value = decimals_.read(text, line); value && !std::isnan(*value)) {
    tally.add_number(*value, text, line);
    readings_[i].add(*value, text);
    keep_text(i, text, /*missing=*/false, line);
    return static_cast<float>(*value);
  }
  if (format_.decimal && number_in(text, *format_.decimal == '.' ? ',' : '.')) {
    ++tally.numbers;  // with the other decimal sign
    add_not_a_number(i, text, line);
    keep_text(i, text, /*missing=*/false, line);
    return kMissing;
  }
  const auto* words = truth_words(text);
  tally.add_text(text, line, words);
  keep_text(i, text, /*missing=*/false, line);
  if (!words) return kMissing;
  if (!readings_[i].words) readings_[i].words = words;
  const float value = is_true(text, *words) ? 1 : 0;
  readings_[i].add(value, {});
  return value;
}

/// The value of a field where all are numbers.
float CsvValues::number(std::size_t i, std::string_view text, std::int64_t line) {
  auto& reading = readings_[i];
  auto value = decimals_.read(text, line);
  const bool is_number = value.has_value();
  if (!value) value = read_word(i, text, line);
  const auto rounded = static_cast<float>(value.value_or(0));
  if (is_missing(text))
    faults_.add_missing(columns_[i], line);
  else if (!value)
    add_not_a_number(i, text, line);
  else if (is_number && reading.words)
    faults_.add_text(columns_[i], reading.first_word.first, reading.first_word.second);
  else if (!std::isfinite(rounded))
    problems_.add(place(columns_[i], line) +
                  fmt::format("{} is infinite, or too large for a 32-bit float", text.substr(0, 40)));
  else
    reading.add(*value, is_number ? text : std::string_view());
  return rounded;
}

void CsvValues::take(const std::vector<CsvField>& row, std::int64_t line, std::vector<float>& values) {
  for (std::size_t i = 0; i < columns_.size() && !problems_.enough(); ++i) {
    const auto& text = row[columns_[i]].text;
    values.push_back(format_.numbers_only ? number(i, text, line) : cell(i, text, line));
  }
}

void CsvValues::raise_problems() const {
  problems_.say_if_enough(file_);
  problems_.raise();
}

void CsvValues::finish(CsvTable& table, const std::function<CsvRows()>& again) {
  decimals_.check(file_);
  add_notes(table);
  for (const auto& column : readings_) table.summaries.push_back(column.summary());
  find_merged_values(table);
  read_typed_cells(table, again);
}

void CsvValues::settle_types(CsvTable& table) {
  for (auto& fault : faults_.in_words(file_, names_, format_)) problems_.add(std::move(fault));
  for (const auto& typed : typed_) {
    table.columns.push_back(typed.name);
    table.references.push_back(typed.reference);
  }
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    table.types.push_back(format_.numbers_only ? ColumnType{.name = typed_[i].name}
                                               : type_of_cells(tallies_[i], typed_[i], format_, problems_));
    auto& type = table.types.back();
    if (format_.numbers_only) continue;
    if (type.kind != ColumnKind::flag) readings_[i].words = nullptr;
    const auto* words = readings_[i].words;
    if (!words || !type.categories.empty()) continue;
    const auto& [zero, one] = tallies_[i].words_written;
    type.categories = {zero.empty() ? std::string(words->zero) : zero,
                       one.empty() ? std::string(words->one) : one};
  }
  if (format_.types.empty() && !format_.numbers_only) find_flags(table);
}

/// In a table that is more than numbers, columns of 0 and 1 alone are flags, unless their kind is given.
void CsvValues::find_flags(CsvTable& table) const {
  if (are_plain(table.types) && format_.kinds.empty()) return;
  for (std::size_t i = 0; i < columns_.size(); ++i)
    if (const auto& summary = readings_[i].summary();
        !typed_[i].kind && table.types[i].kind == ColumnKind::numeric &&
        tallies_[i].first_not_flag.line == 0 && summary.least < summary.most)
      table.types[i].kind = ColumnKind::flag;
}

void CsvValues::add_notes(CsvTable& table) const {
  constexpr std::size_t kMost = 5;
  if (decimals_.are_commas()) table.notes.emplace_back("numbers have decimal commas");
  std::map<const TruthWords*, std::vector<std::string>> columns;
  for (std::size_t i = 0; i < columns_.size(); ++i)
    if (readings_[i].words) columns[readings_[i].words].push_back(in_json(table.columns[i]));
  for (const auto& [words, names] : columns)
    table.notes.push_back(
        fmt::format("{} and {} are read as 1 and 0: {}", words->one, words->zero, join_some(names, kMost)));
}

/// Notes the columns in which different values are the same 32-bit floats.
void CsvValues::find_merged_values(CsvTable& table) {
  table.merged.assign(columns_.size(), false);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const auto kind = table.types[i].kind;
    if ((kind != ColumnKind::numeric && kind != ColumnKind::count) || !readings_[i].distinct().are_merged())
      continue;
    table.merged[i] = true;
    table.notes.push_back(
        readings_[i].note_of_merged(table.columns[i], ignore_option(format_.ignore, {table.references[i]})));
  }
}

void CsvValues::read_again(std::map<std::size_t, TypedCells>& cells, std::int64_t rows, CsvRows again) {
  std::vector<CsvField> row;
  std::int64_t read = 0;
  for (; again.next(row); ++read) {
    StopSignals::check();
    for (auto& [i, column] : cells) {
      if (row.size() != names_.size() || read == rows) break;
      const auto& text = row[columns_[i]].text;
      column.add(text, is_missing(text), again.line());
    }
  }
  for (const auto& [i, column] : cells)
    if (read != rows || column.rows() != rows)
      throw Error(file_ + ": was changed while it was read; run the command again");
}

/// The columns of categories and dates, now that they are known.
void CsvValues::read_typed_cells(CsvTable& table, const std::function<CsvRows()>& again) {
  std::map<std::size_t, TypedCells> cells, unread;  // by place in columns_
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (const auto kind = table.types[i].kind; kind != ColumnKind::categorical && kind != ColumnKind::date)
      continue;
    if (texts_[i])
      cells.emplace(i, std::move(*texts_[i]));
    else
      unread.emplace(i, known_categories(typed_[i]));
  }
  texts_.clear();
  if (!unread.empty()) read_again(unread, table.rows, again());
  cells.merge(unread);
  if (cells.empty()) return;
  const bool grows = format_.types.empty() || format_.new_categories;
  for (auto& [i, column] : cells)
    table.types[i] = column.finish(table.types[i], grows, typed_[i], format_, problems_);
  raise_problems();
  put_typed_cells(table, cells);
}

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace aelab
