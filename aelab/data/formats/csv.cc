#include "aelab/data/formats/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "aelab/core/error.h"
#include "aelab/core/files.h"
#include "aelab/core/problems.h"
#include "aelab/core/signals.h"
#include "aelab/core/text.h"
#include "aelab/data/formats/csv_columns.h"
#include "aelab/data/formats/csv_faults.h"
#include "aelab/data/formats/csv_header.h"
#include "aelab/data/formats/csv_layout.h"
#include "aelab/data/formats/csv_numbers.h"
#include "aelab/data/formats/csv_rows.h"
#include "aelab/data/formats/file_kind.h"
#include "aelab/data/formats/text_encoding.h"

namespace aelab {
namespace {

using Fields = std::vector<CsvField>;

/// What separates fields, in words.
std::string delimiter_in_words(char sign) {
  if (sign == ' ') return "spaces";
  if (sign == '\t') return "tabs";
  return fmt::format("\"{}\"", sign);
}

/// "1 field", "3 fields"
std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

/// "1 3:0.5 17:2": a label, then feature:value.
bool is_libsvm(const Fields& row) {
  return row.size() > 1 && number_in(row[0].text) &&
         std::all_of(row.begin() + 1, row.end(), [](const CsvField& field) {
           const auto colon = field.text.find(':');
           return colon != std::string_view::npos && number_in(field.text.substr(0, colon)) &&
                  number_in(field.text.substr(colon + 1));
         });
}

class CsvReader {
 public:
  CsvReader(std::string_view text, const CsvFormat& format, char delimiter, const std::string& file,
            std::int64_t first_line)
      : text_(text),
        delimiter_(delimiter),
        rows_(text, {.delimiter = delimiter, .comment = format.comment}, file, first_line),
        decimals_(format.decimal),
        format_(format),
        file_(file) {}

  CsvTable read() {
    Fields row;
    if (!rows_.next(row)) throw Error(file_ + ": has no rows");
    if (is_libsvm(row))
      throw Error(fmt::format(
          "{}:{}: looks like LIBSVM's sparse format; convert it with scikit-learn: load_svmlight_file", file_,
          rows_.line()));
    const bool named = names_in_comment(row);
    const bool header = named || (format_.header ? *format_.header : is_header(row));
    if (!named) name_columns(row, header);
    table_.has_header = header;
    choose_columns();
    if (!header || named) take_row(row);
    while (!problems_.enough() && rows_.next(row)) {
      StopSignals::check();
      take_row(row);
    }
    for (auto& fault : faults_.in_words(file_, names_, format_)) problems_.add(std::move(fault));
    problems_.say_if_enough(file_);
    problems_.raise();
    if (table_.rows == 0) throw Error(file_ + ": has no rows below its header");
    decimals_.check(file_);
    add_notes(named);
    for (const auto& column : readings_) table_.summaries.push_back(column.summary());
    find_merged_values(header && !named);
    return std::move(table_);
  }

 private:
  std::string_view text_;
  char delimiter_;
  CsvRows rows_;
  DecimalSigns decimals_;
  const CsvFormat& format_;
  const std::string& file_;
  std::vector<std::string> names_;
  std::vector<std::size_t> columns_;
  std::vector<ColumnReading> readings_;  // of columns_
  std::optional<std::size_t> label_;
  ColumnFaults faults_;
  std::set<std::size_t> widths_;  // of the rows so far, as long as none fits
  CsvTable table_;
  Problems problems_;

  bool is_number(const CsvField& field) const {
    return number_in(field.text) || (format_.decimal != '.' && number_in(field.text, ','));
  }

  bool is_header(const Fields& row) const {
    auto ahead = rows_ahead();
    Fields second;
    if (ahead.next(second)) ahead.next(second);
    const auto found = judge_first_row(row, second, [&](const auto& field) { return is_number(field); });
    if (found != FirstRow::unclear) return found == FirstRow::names;
    throw Error(fmt::format("{}:{}: say whether this row names the columns: set \"header\" to true or false",
                            file_, rows_.line()));
  }

  CsvRows rows_ahead() const { return {text_, {.delimiter = delimiter_, .comment = format_.comment}, file_}; }

  /// NumPy's savetxt puts the columns' names into a comment: takes them where there are as many as the first
  /// row has numbers.
  bool names_in_comment(const Fields& row) {
    const auto comment = std::string(trimmed(rows_.last_comment()));
    if (comment.empty() || format_.header ||
        !std::all_of(row.begin(), row.end(), [&](const auto& field) { return is_number(field); }))
      return false;
    Fields names;
    if (!CsvRows(comment, {.delimiter = delimiter_, .comment = ""}, file_).next(names)) return false;
    if (names.size() != row.size() ||
        std::any_of(names.begin(), names.end(), [&](const auto& field) { return is_number(field); }))
      return false;
    name_columns(names, true);
    return true;
  }

  /// The name of a column without one: its number, as pandas writes it where a column has that for a name.
  static std::string number_as_name(const Fields& row, std::size_t column) {
    auto number = std::to_string(column);
    const bool taken = std::any_of(row.begin(), row.end(),
                                   [&](const CsvField& field) { return trimmed(field.text) == number; });
    return taken ? "Unnamed: " + number : number;
  }

  void name_columns(const Fields& row, bool header) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      names_.push_back(header ? std::string(trimmed(row[i].text)) : std::string());
      if (names_.back().empty()) names_.back() = header ? number_as_name(row, i) : std::to_string(i);
      if (!is_utf8(names_.back()))
        throw Error(fmt::format("{}:{}: column {}: {}", file_, rows_.line(), i, not_utf8()));
    }
  }

  std::string not_utf8() const {
    return "is not UTF-8; if it is Western text of Windows: iconv -f WINDOWS-1252 -t UTF-8 " + file_ +
           " > utf8.csv";
  }

  /// What to do about rows of one field that hold what separates others.
  std::string delimiter_hint() const {
    constexpr std::string_view kOthers = ",;\t|";
    const auto& whole = names_.front();
    const auto found = names_.size() == 1 ? whole.find_first_of(kOthers) : std::string::npos;
    if (found == std::string::npos || whole[found] == delimiter_) return {};
    return fmt::format(" Set \"delimiter\" to {}?", in_json(whole.substr(found, 1)));
  }

  std::string place(std::size_t column) const {
    return fmt::format("{}:{}: column {} (\"{}\"): ", file_, rows_.line(), column, names_[column]);
  }

  /// Once for a column whose first value is not a number either.
  void add_not_a_number(std::size_t column, const ColumnReading& reading, std::string_view text) {
    if (faults_.is_text(column)) return;
    std::string remedy;
    if (format_.decimal == '.' && number_in(text, ','))
      remedy = "; set \"decimal\" to \",\" if the comma is a decimal one, or remove thousands separators";
    else if (reading.summary().first.empty() || reading.words)
      return faults_.add_text(column, rows_.line(), text);
    else if (is_decorated_number(text))
      remedy = "; remove thousands separators, currency signs and percent signs";
    else
      remedy = "; correct it, or remove its row";
    problems_.add(place(column) + fmt::format("\"{}\" is not a number{}", text.substr(0, 40), remedy));
  }

  void choose_columns() {
    auto chosen =
        aelab::choose_columns(names_, format_, fmt::format("{}:{}", file_, rows_.line()), delimiter_hint());
    if (chosen.values.empty()) throw Error(file_ + ": no feature columns are left");
    columns_ = std::move(chosen.values);
    label_ = chosen.label;
    table_.notes = std::move(chosen.notes);
    if (label_) table_.label = names_[*label_];
    for (const auto column : columns_) {
      table_.columns.push_back(names_[column]);
      table_.references.push_back(reference_to(names_, column));
    }
    readings_.resize(columns_.size());
  }

  /// Once for all rows of a length where none has that of the first.
  void add_ragged(std::size_t fields) {
    if (table_.rows == 0 && !widths_.insert(fields).second) return;
    std::string remedy = delimiter_hint();
    if (remedy.empty() && table_.rows == 0) {
      if (names_.size() == 1 && fields == 2 && delimiter_ == ',')
        remedy = " If commas are decimal ones, set \"delimiter\" to \";\" and \"decimal\" to \",\"";
      else if (names_.size() == 1)
        remedy = " If there are lines above the table, set \"skip_lines\" to their number";
      else if (fields == names_.size() + 1)
        remedy =
            " If the rows begin with row names, as R writes them, add a name for that column to the header";
    }
    if (remedy.empty())
      remedy = fields < names_.size()
                   ? " Add the missing fields, or remove the row"
                   : " Quote a field that contains the delimiter, or remove the extra fields";
    problems_.add(fmt::format("{}:{}: has {}, the first row has {}.{}", file_, rows_.line(),
                              counted(fields, "field"), names_.size(), remedy));
  }

  /// The value of a word in a column of such words alone.
  std::optional<double> read_word(ColumnReading& reading, std::string_view text) {
    const auto* words = truth_words(text);
    const bool first = reading.summary().first.empty();
    if (!words || !(first || reading.words == words)) return std::nullopt;
    if (first) reading.first_word = {rows_.line(), std::string(trimmed(text))};
    reading.words = words;
    return is_true(text, *words);
  }

  void take_value(std::size_t column, ColumnReading& reading, const CsvField& field) {
    auto value = decimals_.read(field.text, rows_.line());
    const bool is_number = value.has_value();
    if (!value) value = read_word(reading, field.text);
    table_.values.push_back(static_cast<float>(value.value_or(0)));
    if (is_missing_value(field.text))
      faults_.add_missing(column, rows_.line());
    else if (!value)
      add_not_a_number(column, reading, field.text);
    else if (is_number && reading.words)
      faults_.add_text(column, reading.first_word.first, reading.first_word.second);
    else if (!std::isfinite(table_.values.back()))
      problems_.add(place(column) +
                    fmt::format("{} is infinite, or too large for a 32-bit float", field.text.substr(0, 40)));
    else
      reading.add(*value, is_number ? field.text : std::string_view());
  }

  void take_label(const CsvField& field) {
    const auto text = trimmed(field.text);
    if (is_missing_value(text) && (!field.quoted || text.empty()))
      problems_.add(place(*label_) + "the label is missing; add it, or remove the row" +
                    (text.empty() ? "" : fmt::format("; if it is a class, quote it: \"{}\"", text)));
    if (!is_utf8(text)) problems_.add(place(*label_) + not_utf8());
    table_.labels.emplace_back(text);
  }

  void take_row(const Fields& row) {
    if (row.size() != names_.size()) return add_ragged(row.size());
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      take_value(columns_[i], readings_[i], row[columns_[i]]);
      if (problems_.enough()) return;
    }
    if (label_) take_label(row[*label_]);
    ++table_.rows;
  }

  void add_notes(bool named_in_comment) {
    auto& notes = table_.notes;
    if (!format_.delimiter && delimiter_ != ',')
      notes.push_back("fields are separated by " + delimiter_in_words(delimiter_));
    if (decimals_.are_commas()) notes.emplace_back("numbers have decimal commas");
    if (!format_.header && !table_.has_header) notes.emplace_back("no header: columns are numbered from 0");
    std::set<std::string> known;
    for (const auto& name : names_)
      if (!known.insert(name).second) notes.push_back(fmt::format("several columns are called \"{}\"", name));
    add_truth_notes();
    if (named_in_comment) notes.emplace_back("the columns are named in a comment");
    if (const auto skipped = rows_.comments() - (named_in_comment ? 1 : 0); skipped > 0)
      notes.push_back(counted(static_cast<std::size_t>(skipped), "comment line") + " skipped");
    if (const auto sign = comment_sign(names_.front());
        table_.has_header && !named_in_comment && !sign.empty())
      notes.push_back(fmt::format(
          "the first column is called {}; if lines that begin with \"{}\" are comments: \"comment\": \"{}\"",
          in_json(names_.front()), sign, sign));
  }

  void add_truth_notes() {
    constexpr std::size_t kShown = 5;
    std::map<const TruthWords*, std::vector<std::string>> columns;
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (readings_[i].words) columns[readings_[i].words].push_back(in_json(table_.columns[i]));
    for (const auto& [words, names] : columns)
      table_.notes.push_back(fmt::format("{} and {} are read as 1 and 0: {}", words->one, words->zero,
                                         join_some(names, kShown)));
  }

  /// Notes the columns in which different values are the same 32-bit floats, counted in a second pass.
  void find_merged_values(bool skips_first_row) {
    std::map<std::size_t, DistinctValues> found;  // by place in columns_
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (readings_[i].may_merge()) found[i];
    table_.merged.assign(columns_.size(), false);
    if (found.empty()) return;
    auto rows = rows_ahead();
    Fields row;
    if (skips_first_row) rows.next(row);
    while (rows.next(row))
      for (auto& [i, values] : found)
        values.add(*decimals_.read(row[columns_[i]].text, 0), row[columns_[i]].text);
    for (auto& [i, values] : found) {
      table_.merged[i] = values.are_merged();
      if (!table_.merged[i]) continue;
      table_.notes.push_back(fmt::format(
          "{}: {} different values become {} as 32-bit floats; {} in the table, or leave it out: {}",
          in_json(table_.columns[i]), values.values(), values.floats(),
          readings_[i].summary().is_tiny() ? "multiply them by a constant" : "subtract an offset",
          ignore_option(format_.ignore, {table_.references[i]})));
    }
  }
};

/// The table in `text`. Error: where comments or lines above the table are the cause, says how to skip them.
CsvTable read_rows(std::string_view text, const CsvFormat& format, char delimiter, const std::string& file,
                   std::int64_t first_line) try {
  return CsvReader(text, format, delimiter, file, first_line).read();
} catch (const Error&) {
  const auto advice = layout_advice(text, format, file, first_line);
  if (advice.empty()) throw;
  // Excel's line "sep=;" is skipped too.
  const bool separator_line = !format.delimiter && first_line > format.skip_lines + 1;
  throw Error(advice + (separator_line ? ", \"delimiter\": " + in_json(std::string(1, delimiter)) : ""));
}

CsvTable parse_table(std::string bytes, const CsvFormat& format, const std::string& file) {
  const auto decoded = decode_text(std::move(bytes), file);
  std::string_view text = decoded.text;
  skip_lines(text, format.skip_lines, file);
  auto delimiter = take_separator_line(text);
  const auto first_line = format.skip_lines + (delimiter ? 2 : 1);
  if (format.delimiter || !delimiter)
    delimiter = format.delimiter ? *format.delimiter : find_delimiter(text, format.comment);
  auto table = read_rows(text, format, *delimiter, file, first_line);
  if (!decoded.encoding.empty()) table.notes.push_back("the encoding is " + decoded.encoding);
  return table;
}

}  // namespace

CsvTable parse_csv(std::string_view text, const CsvFormat& format, const std::string& file) {
  return parse_table(std::string(text), format, file);
}

CsvTable read_csv(const std::filesystem::path& path, const CsvFormat& format) {
  const auto file = path.string();
  auto content = read_gzip(path, [&](std::string_view head) {
    require_kind(file, head, "csv", /*may_be_gzipped=*/false);
    constexpr std::size_t kLooked = 512;
    if (head.size() >= kLooked && head.find_first_not_of('\0') == std::string_view::npos)
      throw Error(file + ": holds zero bytes, so this is not a text file; save the table as CSV");
    return ReadLimit::of_memory();
  });
  require_kind(file, content, "csv", /*may_be_gzipped=*/false);
  return parse_table(std::move(content), format, file);
}

}  // namespace aelab
