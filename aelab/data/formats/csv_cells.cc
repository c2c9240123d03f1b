#include "aelab/data/formats/csv_cells.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "aelab/core/text.h"
#include "aelab/data/formats/csv_faults.h"
#include "aelab/data/formats/csv_rows.h"
#include "aelab/data/formats/dates.h"

namespace aelab {
namespace {

constexpr std::size_t kShownOfCell = 40;       // of a text in a message
constexpr std::size_t kMostCategories = 1000;  // unless they are asked for

/// `"categorical": ["city"]`
std::string kind_option(std::string_view field, const std::string& reference) {
  return fmt::format("\"{}\": [{}]", field, in_json(reference));
}

void keep_first(CellTally::Cell& first, std::string_view text, std::int64_t line) {
  if (first.line == 0) first = {line, std::string(trimmed(text))};
}

/// What to do about a text in a column of numbers.
std::string remedy_for_text(const std::string& text, const TypedColumn& column) {
  if (column.type) return "correct it, or leave the cell empty";
  return fmt::format(
      "correct it; if it stands for a missing value: \"missing\": [{}]; if the column holds categories: {}",
      in_json(text.substr(0, kShownOfCell)), kind_option("categorical", column.reference));
}

std::string in_kind(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::flag:
      return "neither 0 nor 1, as the cells of a flag are";
    case ColumnKind::count:
      return "not a whole number from 0, as counts are";
    case ColumnKind::date:
      return "not a date with year, month and day";
    default:
      return "not a number";
  }
}

/// Texts without a kind: dates, categories, or something that should be asked about.
std::optional<ColumnKind> kind_of_texts(const CellTally& tally, const TypedColumn& column,
                                        const CsvFormat& format, Problems& problems) {
  const auto& first = tally.first_text.line ? tally.first_text : tally.first_word;
  const auto left_out = ignore_option(format.ignore, {column.reference});
  const auto refuse = [&](const std::string& what) {
    problems.add(column.place(first.line) + fmt::format("\"{}\" ", first.text.substr(0, kShownOfCell)) +
                 what);
    return std::nullopt;
  };
  if (const auto found = date_or_time(first.text); found == "a date" && parse_date(first.text))
    return ColumnKind::date;
  else if (!found.empty())
    return refuse(fmt::format("is {}: leave it out: {}", found, left_out));
  if (is_decorated_number(first.text))
    return refuse("is not a number; remove thousands separators, currency signs and percent signs");
  return ColumnKind::categorical;
}

}  // namespace

void CellTally::add_text(std::string_view text, std::int64_t line, const TruthWords* pair) {
  if (pair && (!pair_ || pair_ == pair)) {
    pair_ = pair;
    ++words;
    auto& written = words_written[is_true(text, *pair) ? 1 : 0];
    if (written.empty()) written = trimmed(text);
    return keep_first(first_word, text, line);
  }
  ++texts;
  keep_first(first_text, text, line);
}

void CellTally::add_number(double value, std::string_view text, std::int64_t line) {
  ++numbers;
  if (!std::isfinite(static_cast<float>(value))) return keep_first(first_infinite, text, line);
  if (value < 0 || value != std::floor(value)) keep_first(first_not_count, text, line);
  if (value != 0 && value != 1) keep_first(first_not_flag, text, line);
}

ColumnType type_of_cells(const CellTally& tally, const TypedColumn& column, const CsvFormat& format,
                         Problems& problems) {
  const auto known = column.type ? std::optional(column.type->kind) : column.kind;
  const auto texts = tally.texts + (tally.numbers + tally.texts > 0 ? tally.words : 0);
  auto type = column.type.value_or(ColumnType{.name = column.name});
  type.missing = type.missing || tally.missing > 0;
  const auto refuse = [&](const CellTally::Cell& cell, const std::string& what) {
    problems.add(column.place(cell.line) +
                 fmt::format("\"{}\" is {}", cell.text.substr(0, kShownOfCell), what));
  };
  if (known)
    type.kind = *known;
  else if (texts == 0)
    type.kind = tally.words > 0 ? ColumnKind::flag : ColumnKind::numeric;
  else if (texts > tally.numbers)
    type.kind = kind_of_texts(tally, column, format, problems).value_or(ColumnKind::categorical);
  if (type.kind == ColumnKind::categorical || type.kind == ColumnKind::date) return type;
  if (!column.type && texts + tally.numbers + tally.words == 0)
    problems.add(column.place(0) +
                 "has no values; leave it out: " + ignore_option(format.ignore, {column.reference}));
  if (texts > 0 && (type.kind != ColumnKind::flag || tally.texts > 0 || tally.numbers > 0)) {
    const auto& first = tally.first_text.line ? tally.first_text : tally.first_word;
    refuse(first, in_kind(type.kind) +
                      (texts > 1 ? fmt::format(" ({} more in this column); ", texts - 1) : "; ") +
                      remedy_for_text(first.text, column));
  }
  if (tally.first_infinite.line)
    problems.add(column.place(tally.first_infinite.line) + tally.first_infinite.text.substr(0, kShownOfCell) +
                 " is infinite, or too large for a 32-bit float");
  const bool counts = type.kind == ColumnKind::count, flags = type.kind == ColumnKind::flag;
  if (const auto& wrong = counts ? tally.first_not_count : tally.first_not_flag;
      (counts || flags) && wrong.line)
    refuse(wrong,
           in_kind(type.kind) +
               (column.type ? "; correct it, leave the cell empty, or train with the column as numbers: "
                            : "; correct it, or read the column as numbers: ") +
               kind_option("numeric", column.reference));
  return type;
}

namespace {

/// A category as it is compared: a whole number without a fraction of zeros, since programs write 1 as 1.0 in
/// a column that has missing cells.
std::string_view without_zeros(std::string_view text) {
  const auto sign = text.find_first_of(".,");
  if (sign == std::string_view::npos || sign == 0 || sign + 1 == text.size()) return text;
  const auto whole = text.substr(text.starts_with('-') ? 1 : 0, sign - (text.starts_with('-') ? 1 : 0));
  const bool is_number = !whole.empty() && whole.find_first_not_of("0123456789") == std::string_view::npos;
  const bool has_zeros = text.substr(sign + 1).find_first_not_of('0') == std::string_view::npos;
  return is_number && has_zeros ? text.substr(0, sign) : text;
}

}  // namespace

TypedCells::TypedCells(const std::vector<std::string>& known, std::int64_t rows)
    : known_(known.size()), cells_(static_cast<std::size_t>(rows), -1) {
  for (std::size_t i = 0; i < known_; ++i) places_.emplace(without_zeros(known[i]), i);
}

void TypedCells::add(std::string_view text, bool missing, std::int64_t line) {
  if (missing) return cells_.push_back(-1);
  text = without_zeros(trimmed(text));
  auto place = places_.find(text);
  if (place == places_.end()) {
    if (!is_utf8(text) && first_wrong_.line == 0) first_wrong_ = {line, std::string(text)};
    place = places_.emplace(std::string(text), known_ + texts_.size()).first;
    texts_.emplace_back(text);
    lines_.push_back(line);
  }
  cells_.push_back(place->second);
}

void TypedCells::take_dates(const TypedColumn& column, Problems& problems) {
  const auto read = [&](const std::string& text) { return parse_date(text, type_.day_first); };
  bool ambiguous = false, has_hours = false;
  CellTally::Cell wrong, unclear;
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    const auto date = read(texts_[i]);
    if (!date && wrong.line == 0) wrong = {lines_[i], texts_[i]};
    if (!date) continue;
    has_hours = has_hours || date->has_hour;
    ambiguous = ambiguous || date->is_ambiguous;
    if (date->is_ambiguous && unclear.line == 0) unclear = {lines_[i], texts_[i]};
    if (!type_.day_first && !date->is_ambiguous && texts_[i].find('/') != std::string::npos &&
        date->day > 12 && texts_[i].substr(0, 4).find('/') != std::string::npos)
      type_.day_first = number_in(texts_[i].substr(0, texts_[i].find('/'))) == date->day;
  }
  if (wrong.line)
    problems.add(column.place(wrong.line) +
                 fmt::format("\"{}\" is {}; write it as 2023-01-31, or leave the cell empty",
                             wrong.text.substr(0, kShownOfCell), in_kind(ColumnKind::date)));
  else if (ambiguous && !type_.day_first)
    problems.add(column.place(unclear.line) +
                 fmt::format("in \"{}\" the day or the month may be first; write dates as 2023-01-31",
                             unclear.text.substr(0, kShownOfCell)));
  if (type_.parts.empty()) {
    type_.parts = {DatePart::year, DatePart::month, DatePart::day, DatePart::weekday};
    if (has_hours) type_.parts.push_back(DatePart::hour);
  }
  for (const auto& text : texts_) {
    const auto date = read(text).value_or(Date{});
    parts_.push_back({static_cast<float>(date.year), static_cast<float>(date.month),
                      static_cast<float>(date.day), date.day ? static_cast<float>(date.weekday()) : 0.f,
                      static_cast<float>(date.hour)});
  }
}

const ColumnType& TypedCells::finish(ColumnType type, bool grows, const TypedColumn& column,
                                     const CsvFormat& format, Problems& problems) {
  type_ = std::move(type);
  if (first_wrong_.line)
    problems.add(column.place(first_wrong_.line) +
                 "is not UTF-8; if it is Western text of Windows, convert "
                 "the file with iconv -f WINDOWS-1252 -t UTF-8");
  if (type_.kind == ColumnKind::date) {
    take_dates(column, problems);
    return type_;
  }
  if (!grows) {
    type_.categories.insert(type_.categories.end(), texts_.begin(), texts_.end());
    return type_;
  }
  const auto present = static_cast<std::size_t>(
      std::count_if(cells_.begin(), cells_.end(), [](std::int32_t cell) { return cell >= 0; }));
  constexpr std::size_t kFew = 10;
  if (const auto count = places_.size();
      !column.kind && !column.type && (count > kMostCategories || (count > kFew && 2 * count > present)))
    problems.add(column.place(lines_.front()) +
                 fmt::format("{} different texts in {} rows: names or identifiers, which say nothing about "
                             "other rows? Leave the column out: {}; or, to read them as categories: {}",
                             count, present, ignore_option(format.ignore, {column.reference}),
                             kind_option("categorical", column.reference)));
  sort_categories();
  return type_;
}

/// In the order of their bytes, which places_ is in.
void TypedCells::sort_categories() {
  std::vector<std::int32_t> sorted(places_.size());
  type_.categories.clear();
  for (const auto& [text, place] : places_) {
    sorted[static_cast<std::size_t>(place)] = static_cast<std::int32_t>(type_.categories.size());
    type_.categories.push_back(text);
  }
  for (auto& cell : cells_)
    if (cell >= 0) cell = sorted[static_cast<std::size_t>(cell)];
}

void TypedCells::write(std::int64_t row, float* values) const {
  const auto cell = cells_[static_cast<std::size_t>(row)];
  const auto missing = std::numeric_limits<float>::quiet_NaN();
  if (type_.kind != ColumnKind::date) {
    *values = cell < 0 ? missing : static_cast<float>(cell);
    return;
  }
  for (const auto part : type_.parts)
    *values++ = cell < 0 ? missing : parts_[static_cast<std::size_t>(cell)][static_cast<std::size_t>(part)];
}

namespace {

ColumnSummary summary_of_column(const CsvTable& table, std::size_t column) {
  ColumnReading reading;
  for (auto at = column; at < table.values.size(); at += table.columns.size())
    if (!std::isnan(table.values[at])) reading.add(table.values[at], {});
  return reading.summary();
}

}  // namespace

namespace {

/// The values with a number for each part of a date.
std::vector<float> widened(const CsvTable& table, const std::map<std::size_t, TypedCells>& cells,
                           std::size_t features) {
  std::vector<float> values(static_cast<std::size_t>(table.rows) * features);
  auto* to = values.data();
  const auto* from = table.values.data();
  for (std::int64_t row = 0; row < table.rows; ++row, from += table.types.size())
    for (std::size_t i = 0; i < table.types.size(); ++i) {
      if (const auto found = cells.find(i); found != cells.end())
        found->second.write(row, to);
      else
        *to = from[i];
      to += table.types[i].width();
    }
  return values;
}

}  // namespace

void put_typed_cells(CsvTable& table, const std::map<std::size_t, TypedCells>& cells) {
  const auto width = table.types.size();
  std::vector<std::size_t> sources;  // of each feature
  for (std::size_t i = 0; i < width; ++i)
    for (std::int64_t part = 0; part < table.types[i].width(); ++part) sources.push_back(i);
  if (sources.size() == width) {
    for (const auto& [i, column] : cells)
      for (std::int64_t row = 0; row < table.rows; ++row)
        column.write(row, &table.values[static_cast<std::size_t>(row) * width + i]);
  } else {
    table.values = widened(table, cells, sources.size());
  }
  table.columns = feature_names(table.types);
  CsvTable whole;
  for (std::size_t feature = 0; feature < sources.size(); ++feature) {
    const auto source = sources[feature];
    whole.references.push_back(table.references[source]);
    whole.merged.push_back(table.merged[source]);
    whole.summaries.push_back(cells.contains(source) ? summary_of_column(table, feature)
                                                     : table.summaries[source]);
  }
  table.references = std::move(whole.references);
  table.merged = std::move(whole.merged);
  table.summaries = std::move(whole.summaries);
}

}  // namespace aelab
