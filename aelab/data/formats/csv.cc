#include "aelab/data/formats/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "aelab/core/error.h"
#include "aelab/core/memory.h"
#include "aelab/core/problems.h"
#include "aelab/core/signals.h"
#include "aelab/core/text.h"
#include "aelab/data/formats/csv_columns.h"
#include "aelab/data/formats/csv_faults.h"
#include "aelab/data/formats/csv_header.h"
#include "aelab/data/formats/csv_layout.h"
#include "aelab/data/formats/csv_rows.h"
#include "aelab/data/formats/csv_text.h"
#include "aelab/data/formats/csv_times.h"
#include "aelab/data/formats/csv_values.h"

namespace aelab {
namespace {

using Fields = std::vector<CsvField>;

/// What separates fields, in words.
std::string delimiter_in_words(char sign) {
  if (sign == ' ') return "spaces";
  if (sign == '\t') return "tabs";
  return fmt::format("\"{}\"", sign);
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
  CsvReader(const CsvText& text, const CsvFormat& format, char delimiter, const std::string& file,
            std::int64_t first_line)
      : text_(text),
        delimiter_(delimiter),
        first_line_(first_line),
        rows_(rows_ahead(text, format)),
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
    if (table_.rows > 0 && !problems_.enough()) {
      values_->settle_types(table_);
      settle_times();
    }
    values_->raise_problems();
    if (table_.rows == 0) throw Error(file_ + ": has no rows below its header");
    add_format_notes();
    values_->finish(table_, [&] {
      auto again = rows_ahead(text_, format_);
      Fields names;
      if (header && !named) again.next(names);
      return again;
    });
    add_notes(named);
    return std::move(table_);
  }

 private:
  const CsvText& text_;
  char delimiter_;
  std::int64_t first_line_;
  CsvRows rows_;
  const CsvFormat& format_;
  const std::string& file_;
  std::vector<std::string> names_;
  std::optional<std::size_t> label_, group_;
  std::set<std::size_t> widths_;  // of the rows so far, as long as none fits
  CsvTable table_;
  Problems problems_;
  std::optional<CsvValues> values_;
  std::optional<std::size_t> time_;
  std::optional<CsvTimes> times_;

  bool is_number(const CsvField& field) const {
    return number_in(field.text) || (format_.decimal != '.' && number_in(field.text, ','));
  }

  bool is_header(const Fields& row) const {
    auto ahead = rows_ahead(text_, format_);
    Fields second;
    if (ahead.next(second)) ahead.next(second);
    const auto found = judge_first_row(row, second, [&](const auto& field) { return is_number(field); });
    if (found != FirstRow::unclear) return found == FirstRow::names;
    throw Error(fmt::format("{}:{}: say whether this row names the columns: set \"header\" to true or false",
                            file_, rows_.line()));
  }

  CsvRows rows_ahead(const CsvText& text, const CsvFormat& format) const {
    return text.rows({.delimiter = delimiter_, .comment = format.comment}, first_line_);
  }

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

  void choose_columns() {
    auto chosen =
        aelab::choose_columns(names_, format_, fmt::format("{}:{}", file_, rows_.line()), delimiter_hint());
    if (chosen.values.empty()) throw Error(file_ + ": no feature columns are left");
    label_ = chosen.label;
    table_.notes = std::move(chosen.notes);
    group_ = chosen.group;
    time_ = chosen.time;
    if (label_) table_.label = names_[*label_];
    if (group_) table_.group = names_[*group_];
    if (time_) {
      table_.time = names_[*time_];
      times_.emplace(
          [this](std::int64_t line) {
            return fmt::format("{}:{}: column {} (\"{}\"): ", file_, line, *time_, names_[*time_]);
          },
          format_.decimal);
    }
    values_.emplace(names_, std::move(chosen.values), format_, file_, problems_);
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

  /// The text of a column of labels, or of names of series.
  void take_name(std::size_t column, const std::string& what, const CsvField& field,
                 std::vector<std::string>& names) {
    const auto text = trimmed(field.text);
    if (is_missing_value(text) && (!field.quoted || text.empty()))
      problems_.add(place(column) + "the " + what + " is missing; add it, or remove the row" +
                    (text.empty() ? "" : fmt::format("; if it is a class, quote it: \"{}\"", text)));
    if (!is_utf8(text)) problems_.add(place(column) + not_utf8());
    names.emplace_back(text);
  }

  void settle_times() {
    if (!times_) return;
    table_.times = times_->finish(problems_);
    table_.has_dates = times_->are_dates();
  }

  void take_row(const Fields& row) {
    if (row.size() != names_.size()) return add_ragged(row.size());
    values_->take(row, rows_.line(), table_.values);
    if (problems_.enough()) return;
    if (label_) take_name(*label_, "label", row[*label_], table_.labels);
    if (group_) take_name(*group_, "group", row[*group_], table_.groups);
    if (times_) times_->add(row[*time_].text, rows_.line());
    constexpr std::int64_t kMeasured = 1000;
    if (++table_.rows == kMeasured) reserve();
  }

  /// Once the first rows show how long a row is. Without it, growing takes twice the memory.
  void reserve() {
    const double rows = static_cast<double>(table_.rows) * text_.expected_size() /
                        static_cast<double>(std::max<std::size_t>(rows_.consumed(), 1));
    const double values = 1.02 * rows * static_cast<double>(values_->width());
    require_memory(
        values * sizeof(float),
        fmt::format("{}: a table of about {:.0f} rows and {} columns", file_, rows, values_->width()),
        "leave columns out by \"ignore\", or save the table as .npy and read it with "
        "\"in_memory\": false");
    table_.values.reserve(static_cast<std::size_t>(values));
  }

  void add_format_notes() {
    if (!format_.delimiter && delimiter_ != ',')
      table_.notes.push_back("fields are separated by " + delimiter_in_words(delimiter_));
  }

  void add_notes(bool named_in_comment) {
    auto& notes = table_.notes;
    if (!format_.header && !table_.has_header) notes.emplace_back("no header: columns are numbered from 0");
    std::set<std::string> known;
    for (const auto& name : names_)
      if (!known.insert(name).second) notes.push_back(fmt::format("several columns are called \"{}\"", name));
    if (named_in_comment) notes.emplace_back("the columns are named in a comment");
    if (const auto skipped = rows_.comments() - (named_in_comment ? 1 : 0); skipped > 0)
      notes.push_back(counted(static_cast<std::size_t>(skipped), "comment line") + " skipped");
    if (const auto sign = comment_sign(names_.front());
        table_.has_header && !named_in_comment && !sign.empty())
      notes.push_back(fmt::format(
          "the first column is called {}; if lines that begin with \"{}\" are comments: \"comment\": \"{}\"",
          in_json(names_.front()), sign, sign));
  }
};

/// The table in `text`. Error: where comments or lines above the table are the cause, says how to skip them.
CsvTable read_rows(const CsvText& text, const CsvFormat& format, char delimiter, const std::string& file,
                   std::int64_t first_line) try {
  return CsvReader(text, format, delimiter, file, first_line).read();
} catch (const Error&) {
  const auto advice = layout_advice(text.beginning(), format, file, first_line);
  if (advice.empty()) throw;
  // Excel's line "sep=;" is skipped too.
  const bool separator_line = !format.delimiter && first_line > format.skip_lines + 1;
  throw Error(advice + (separator_line ? ", \"delimiter\": " + in_json(std::string(1, delimiter)) : ""));
}

CsvTable parse_table(CsvText text, const CsvFormat& format, const std::string& file) {
  auto begin = text.beginning();
  skip_lines(begin, format.skip_lines, file);
  auto delimiter = take_separator_line(begin);
  text.skip(text.beginning().size() - begin.size());
  const auto first_line = format.skip_lines + (delimiter ? 2 : 1);
  if (format.delimiter || !delimiter)
    delimiter = format.delimiter ? *format.delimiter : find_delimiter(begin, format.comment);
  auto table = read_rows(text, format, *delimiter, file, first_line);
  if (!text.encoding().empty()) table.notes.push_back("the encoding is " + text.encoding());
  return table;
}

}  // namespace

CsvTable parse_csv(std::string_view text, const CsvFormat& format, const std::string& file) {
  return parse_table(CsvText(std::string(text), file), format, file);
}

CsvTable read_csv(const std::filesystem::path& path, const CsvFormat& format) {
  return parse_table(CsvText(path), format, path.string());
}

}  // namespace aelab
