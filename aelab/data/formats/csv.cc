#include "aelab/data/formats/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "aelab/core/error.h"
#include "aelab/core/files.h"
#include "aelab/core/problems.h"
#include "aelab/core/signals.h"
#include "aelab/core/text.h"
#include "aelab/data/formats/csv_faults.h"
#include "aelab/data/formats/csv_header.h"
#include "aelab/data/formats/csv_rows.h"
#include "aelab/data/formats/file_kind.h"
#include "aelab/data/formats/text_encoding.h"

namespace aelab {
namespace {

using Fields = std::vector<CsvField>;

/// What tables write where there is no value.
bool is_missing_value(std::string_view text) {
  constexpr std::string_view kMissing[] = {"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?"};
  return std::find(std::begin(kMissing), std::end(kMissing), trimmed(text)) != std::end(kMissing);
}

std::string in_json(char sign) { return sign == '\t' ? "\\t" : std::string(1, sign); }

/// 1 for true, 0 for false, as Python, R and JSON write them.
std::optional<double> truth_in(std::string_view text) {
  for (const std::string_view word : {"True", "TRUE", "true", "False", "FALSE", "false"})
    if (trimmed(text) == word) return word.front() == 'T' || word.front() == 't';
  return std::nullopt;
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

/// "1,234", but not "0,275" or "1234,567".
bool may_be_thousands(std::string_view text) {
  constexpr std::size_t kGroup = 3;
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  const auto comma = text.find(','), behind = text.size() - comma - 1;
  return comma > 0 && comma <= kGroup && text.front() != '0' && behind == kGroup &&
         text.find_first_of("eE") == std::string_view::npos;
}

/// Commas in numbers, decimal or not: gathered over the whole file, and judged at its end.
class DecimalSigns {
 public:
  explicit DecimalSigns(std::optional<char> given) : given_(given) {}

  /// A field's number, with the sign that was given, or with either.
  std::optional<double> read(std::string_view text, std::int64_t line) {
    if (given_) return number_in(text, *given_);
    if (const auto number = number_in(text)) {
      if (text.find('.') != std::string_view::npos && !point_line_) point_line_ = line;
      return number;
    }
    const auto number = number_in(text, ',');
    if (!number) return number;
    const bool like_thousands = may_be_thousands(trimmed(text));
    if (!comma_line_ || (only_thousands_ && !like_thousands)) {
      comma_line_ = line;
      comma_text_ = trimmed(text);
    }
    only_thousands_ = only_thousands_ && like_thousands;
    return number;
  }

  bool are_commas() const { return comma_line_.has_value(); }

  /// Error where the commas that were read may be something else than decimal ones.
  void check(const std::string& file) const {
    if (!comma_line_) return;
    if (point_line_)
      throw Error(fmt::format(
          "{}:{}: \"{}\" has a comma, and numbers such as that in line {} have decimal points: remove "
          "thousands separators, or set \"decimal\" to \",\" or \".\"",
          file, *comma_line_, comma_text_, *point_line_));
    if (only_thousands_)
      throw Error(fmt::format(
          "{}:{}: \"{}\" may have a decimal comma or a thousands separator: set \"decimal\" to \",\", or "
          "remove the separators",
          file, *comma_line_, comma_text_));
  }

 private:
  std::optional<char> given_;
  std::optional<std::int64_t> point_line_ = {}, comma_line_ = {};
  std::string comma_text_;
  bool only_thousands_ = true;
};

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
    for (auto& fault : faults_.in_words(file_, names_)) problems_.add(std::move(fault));
    problems_.say_if_enough(file_);
    problems_.raise();
    if (table_.rows == 0) throw Error(file_ + ": has no rows below its header");
    decimals_.check(file_);
    add_notes(named);
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
  std::optional<std::size_t> label_;
  ColumnFaults faults_;
  std::set<std::size_t> widths_;  // of the rows so far, as long as none fits
  bool has_truths_ = false;
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

  void name_columns(const Fields& row, bool header) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      names_.push_back(header ? std::string(trimmed(row[i].text)) : std::string());
      if (names_.back().empty()) names_.back() = std::to_string(i);
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
    return fmt::format(" Set \"delimiter\" to \"{}\"?", in_json(whole[found]));
  }

  std::size_t column_named(const std::string& name) const {
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found != names_.end()) {
      if (std::find(found + 1, names_.end(), name) != names_.end())
        throw Error(fmt::format("{}:{}: two columns are called \"{}\": name it by its number", file_,
                                rows_.line(), name));
      return static_cast<std::size_t>(found - names_.begin());
    }
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc() && end == name.data() + name.size() && number < names_.size()) return number;
    const auto hint = delimiter_hint();
    throw Error(fmt::format("{}:{}: has no column \"{}\".{}", file_, rows_.line(), name,
                            hint.empty() ? did_you_mean(name, names_) : hint));
  }

  std::string place(std::size_t column) const {
    return fmt::format("{}:{}: column {} (\"{}\"): ", file_, rows_.line(), column, names_[column]);
  }

  /// Once for a column whose first value is not a number either.
  void add_not_a_number(std::size_t column, std::string_view text) {
    if (faults_.is_text(column)) return;
    std::string remedy;
    if (format_.decimal == '.' && number_in(text, ','))
      remedy = "; set \"decimal\" to \",\" if the comma is a decimal one, or remove thousands separators";
    else if (table_.rows == 0)
      return faults_.add_text(column, rows_.line(), text);
    else if (is_decorated_number(text))
      remedy = "; remove thousands separators, currency signs and percent signs";
    problems_.add(place(column) + fmt::format("\"{}\" is not a number{}", text.substr(0, 40), remedy));
  }

  void choose_columns() {
    if (!format_.label.empty()) label_ = column_named(format_.label);
    if (label_) table_.label = names_[*label_];
    std::vector<std::size_t> ignored;
    for (const auto& name : format_.ignore) ignored.push_back(column_named(name));
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (label_ == i || std::find(ignored.begin(), ignored.end(), i) != ignored.end()) continue;
      columns_.push_back(i);
      table_.columns.push_back(names_[i]);
    }
    if (columns_.empty()) throw Error(file_ + ": no column of values is left");
  }

  /// Once for all rows of a length where none has that of the first.
  void add_ragged(std::size_t fields) {
    if (table_.rows == 0 && !widths_.insert(fields).second) return;
    std::string remedy = delimiter_hint();
    if (remedy.empty() && table_.rows == 0) {
      if (const auto sign = names_.front().substr(0, 1); sign == "%" || sign == "/" || sign == "*")
        remedy = fmt::format(" If lines that begin with \"{}\" are comments, set \"comment\" to it", sign);
      else if (names_.size() == 1 && fields == 2 && delimiter_ == ',')
        remedy = " If commas are decimal ones, set \"delimiter\" to \";\" and \"decimal\" to \",\"";
      else if (names_.size() == 1)
        remedy = " If lines stand above the table, set \"skip_lines\" to their number";
      else if (fields == names_.size() + 1)
        remedy = " If rows begin with a name that the header lacks, as R writes them, name that column too";
    }
    if (remedy.empty())
      remedy = fields < names_.size()
                   ? " Add what is missing, or remove the row"
                   : " Quote a field that contains the delimiter, or remove what is too much";
    problems_.add(fmt::format("{}:{}: has {} fields, the first row has {}.{}", file_, rows_.line(), fields,
                              names_.size(), remedy));
  }

  void take_value(std::size_t column, const CsvField& field) {
    auto value = decimals_.read(field.text, rows_.line());
    if (!value && (value = truth_in(field.text))) has_truths_ = true;
    if (is_missing_value(field.text))
      faults_.add_missing(column, rows_.line());
    else if (!value)
      add_not_a_number(column, field.text);
    else if (!std::isfinite(static_cast<float>(*value)))
      problems_.add(place(column) +
                    fmt::format("{} is infinite, or too large for a 32-bit float", field.text.substr(0, 40)));
    table_.values.push_back(static_cast<float>(value.value_or(0)));
  }

  void take_label(const CsvField& field) {
    const auto text = trimmed(field.text);
    if (is_missing_value(text) && (!field.quoted || text.empty()))
      problems_.add(place(*label_) + "the label is missing; give it, or remove the row" +
                    (text.empty() ? "" : fmt::format("; quote it where it is a class: \"{}\"", text)));
    if (!is_utf8(text)) problems_.add(place(*label_) + not_utf8());
    table_.labels.emplace_back(text);
  }

  void take_row(const Fields& row) {
    if (row.size() != names_.size()) return add_ragged(row.size());
    for (const auto column : columns_) {
      take_value(column, row[column]);
      if (problems_.enough()) return;
    }
    if (label_) take_label(row[*label_]);
    ++table_.rows;
  }

  void add_notes(bool named_in_comment) {
    auto& notes = table_.notes;
    if (!format_.delimiter && delimiter_ != ',')
      notes.push_back(delimiter_ == ' ' ? "fields are separated by blanks"
                                        : fmt::format("fields are separated by \"{}\"", in_json(delimiter_)));
    if (decimals_.are_commas()) notes.emplace_back("numbers have decimal commas");
    if (!format_.header && !table_.has_header) notes.emplace_back("no header: columns are numbered from 0");
    std::set<std::string> known;
    for (const auto& name : names_)
      if (!known.insert(name).second) notes.push_back(fmt::format("several columns are called \"{}\"", name));
    if (has_truths_) notes.emplace_back("true and false are read as 1 and 0");
    if (named_in_comment) notes.emplace_back("a comment names the columns");
    if (const auto skipped = rows_.comments() - (named_in_comment ? 1 : 0); skipped > 0)
      notes.push_back(fmt::format("{} comment line{} skipped", skipped, skipped == 1 ? "" : "s"));
  }
};

/// Removes the first `count` lines; an Error where there are no more.
void skip_lines(std::string_view& text, std::int64_t count, const std::string& file) {
  for (; count > 0; --count) {
    const auto end = text.find_first_of("\r\n");
    if (end == std::string_view::npos) throw Error(file + ": \"skip_lines\" leaves no rows");
    text.remove_prefix(end + (text.substr(end).starts_with("\r\n") ? 2 : 1));
  }
}

/// Excel's own first line, "sep=;".
std::optional<char> take_separator_line(std::string_view& text) {
  constexpr std::string_view kBegin = "sep=";
  if (!text.starts_with(kBegin) || text.size() < kBegin.size() + 2) return std::nullopt;
  const char sign = text[kBegin.size()], behind = text[kBegin.size() + 1];
  if (behind != '\n' && behind != '\r') return std::nullopt;
  text.remove_prefix(kBegin.size() + (text.substr(kBegin.size() + 1).starts_with("\r\n") ? 3 : 2));
  return sign;
}

CsvTable parse_table(std::string bytes, const CsvFormat& format, const std::string& file) {
  const auto decoded = decode_text(std::move(bytes), file);
  std::string_view text = decoded.text;
  skip_lines(text, format.skip_lines, file);
  auto delimiter = take_separator_line(text);
  const auto first_line = format.skip_lines + (delimiter ? 2 : 1);
  if (format.delimiter || !delimiter)
    delimiter = format.delimiter ? *format.delimiter : find_delimiter(text, format.comment);
  auto table = CsvReader(text, format, *delimiter, file, first_line).read();
  if (!decoded.encoding.empty()) table.notes.push_back("the text is " + decoded.encoding);
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
