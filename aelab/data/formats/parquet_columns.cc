#include "aelab/data/formats/parquet_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "aelab/data/formats/csv_faults.h"
#include "aelab/data/formats/csv_rows.h"

namespace aelab {
namespace {

constexpr float kMissingValue = std::numeric_limits<float>::quiet_NaN();

/// Places of messages are rows from 1; 0 stands for the whole column.
std::int64_t row_place(std::int64_t row) { return row + 1; }

}  // namespace

bool is_missing_text(std::string_view text, const CsvFormat& format) {
  if (!format.missing) return is_missing_value(text);
  text = trimmed(text);
  return text.empty() ||
         std::find(format.missing->begin(), format.missing->end(), text) != format.missing->end();
}

ParquetColumn::ParquetColumn(StoredColumn stored, std::string reference, std::size_t place, std::string file)
    : stored_(std::move(stored)), place_(place), file_(std::move(file)) {
  typed_.name = stored_.name;
  typed_.reference = std::move(reference);
  typed_.place = [file = file_, name = stored_.name, place](std::int64_t at) {
    return fmt::format("{}: {}column {} (\"{}\"): ", file, at ? fmt::format("row {}: ", at - 1) : "", place,
                       name);
  };
  type_.name = stored_.name;
}

std::optional<ColumnKind> ParquetColumn::kind() const {
  if (typed_.type) return typed_.type->kind;
  if (typed_.kind) return typed_.kind;
  switch (stored_.kind) {
    case StoredKind::category:
      return ColumnKind::categorical;
    case StoredKind::date:
      return ColumnKind::date;
    case StoredKind::flag:
      return ColumnKind::flag;
    default:
      return std::nullopt;
  }
}

bool ParquetColumn::is_typed() const {
  const auto known = is_looked_at() ? std::optional(type_.kind) : kind();
  return known == ColumnKind::categorical || known == ColumnKind::date;
}

bool ParquetColumn::is_missing(std::size_t i, std::int64_t row, const StoredCells& cells,
                               const CsvFormat& format) {
  const bool missing = cells.missing[i] || (!cells.texts.empty() && is_missing_text(cells.texts[i], format));
  if (!missing) return false;
  if (first_missing_ < 0) first_missing_ = row;
  return true;
}

/// The words of a flag, as they are written.
void ParquetColumn::take_words() {
  const auto& [zero, one] = tally_.words_written;
  type_.categories = {zero.empty() ? std::string(words_->zero) : zero,
                      one.empty() ? std::string(words_->one) : one};
}

void ParquetColumn::look_at(std::int64_t row, const StoredCells& cells, const CsvFormat& format) {
  for (std::size_t i = 0; i < cells.size(); ++i, ++row) {
    if (is_missing(i, row, cells, format)) {
      ++tally_.missing;
      continue;
    }
    const auto text = cells.texts[i];
    const auto* words = truth_words(text);
    tally_.add_text(text, row_place(row), words);
    if (words && !words_) words_ = words;
    if (!words && number_in(text)) ++number_texts_;
  }
}

void ParquetColumn::settle_text(const CsvFormat& format, Problems& problems,
                                std::vector<std::string>& notes) {
  auto column = typed_;
  const bool is_number = number_texts_ > 0 && number_in(tally_.first_text.text);
  if (is_number) column.kind = ColumnKind::categorical;
  const auto before = problems.all().size();
  type_ = type_of_cells(tally_, column, format, problems);
  refused_ = problems.all().size() > before;
  if (type_.kind == ColumnKind::flag) take_words();
  if (is_number && number_texts_ == tally_.texts && tally_.words == 0)
    notes.push_back(
        fmt::format("the strings of {0} are numbers, and are read as categories; to read them as numbers: "
                    "\"numeric\": [{1}]",
                    in_json(stored_.name), in_json(typed_.reference)));
}

void ParquetColumn::add_typed(std::int64_t row, const StoredCells& cells, const CsvFormat& format) {
  if (!cells_) {
    if (!is_looked_at()) {
      type_ = typed_.type.value_or(ColumnType{.name = stored_.name});
      type_.kind = *kind();
    }
    cells_.emplace(type_.categories);
  }
  const bool has_texts = !cells.texts.empty();
  for (std::size_t i = 0; i < cells.size(); ++i, ++row) {
    const bool missing = is_missing(i, row, cells, format);
    type_.missing = type_.missing || missing;
    has_values_ = has_values_ || !missing;
    if (has_texts || missing)
      cells_->add(missing ? std::string_view() : cells.texts[i], missing, row_place(row));
    else
      cells_->add(cells.text(i), missing, row_place(row));
  }
}

void ParquetColumn::finish_typed(const CsvFormat& format, Problems& problems) {
  const bool missing = type_.missing;
  const bool grows = format.types.empty() || format.new_categories;
  type_ = cells_->finish(type_, grows, typed_, format, problems);
  type_.missing = missing;
  if (typed_.type || has_values_) return;
  problems.add(typed_.place(0) +
               "has no values; leave it out: " + ignore_option(format.ignore, {typed_.reference}));
}

float ParquetColumn::number(double value, std::int64_t row, const StoredCells& cells, std::size_t i) {
  constexpr double kDigits = 9007199254740992;  // whole numbers of doubles
  const bool whole = value == std::floor(value);
  const bool needs_text = (!std::isfinite(static_cast<float>(value)) && tally_.first_infinite.line == 0) ||
                          ((value < 0 || !whole) && tally_.first_not_count.line == 0) ||
                          (value != 0 && value != 1 && tally_.first_not_flag.line == 0);
  tally_.add_number(value, needs_text ? cells.text(i) : std::string(), row_place(row));
  if (cells.exact)
    reading_.add(value, {});
  else
    reading_.add(value, std::abs(value) < kDigits ? "rounded" : cells.text(i));
  return static_cast<float>(value);
}

/// As a cell of a CSV file.
float ParquetColumn::number_in_text(std::string_view text, std::int64_t row) {
  if (const auto value = number_in(text); value && !std::isnan(*value)) {
    tally_.add_number(*value, text, row_place(row));
    reading_.add(*value, text);
    return static_cast<float>(*value);
  }
  const auto* words = truth_words(text);
  tally_.add_text(text, row_place(row), words);
  if (!words) return kMissingValue;
  if (!words_) words_ = words;
  const float value = is_true(text, *words) ? 1 : 0;
  reading_.add(value, {});
  return value;
}

void ParquetColumn::add_numbers(std::int64_t row, const StoredCells& cells, const CsvFormat& format,
                                float* values, std::size_t stride) {
  const bool has_texts = !cells.texts.empty();
  for (std::size_t i = 0; i < cells.size(); ++i, ++row) {
    float value = kMissingValue;
    if (is_missing(i, row, cells, format))
      tally_.missing += is_looked_at() ? 0 : 1;
    else if (is_looked_at())  // words, which are counted already
      reading_.add(value = is_true(cells.texts[i], *words_) ? 1 : 0, {});
    else
      value = has_texts ? number_in_text(cells.texts[i], row) : number(cells.numbers[i], row, cells, i);
    if (values) values[i * stride] = value;
  }
}

void ParquetColumn::settle_numbers(const CsvFormat& format, Problems& problems) {
  if (is_looked_at()) return;
  auto column = typed_;
  if (!column.type && !column.kind) column.kind = kind();
  type_ = type_of_cells(tally_, column, format, problems);
  if (type_.kind != ColumnKind::flag || !type_.categories.empty()) return;
  if (stored_.kind == StoredKind::flag) type_.categories = {"false", "true"};
  if (words_) take_words();
}

bool ParquetColumn::are_merged() const {
  return (type_.kind == ColumnKind::numeric || type_.kind == ColumnKind::count) &&
         reading_.distinct().are_merged();
}

bool ParquetColumn::looks_like_flag() const {
  return !kind() && type_.kind == ColumnKind::numeric && tally_.first_not_flag.line == 0 &&
         reading_.summary().least < reading_.summary().most;
}

}  // namespace aelab
