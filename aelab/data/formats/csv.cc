#include "aelab/data/formats/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <set>

#include "aelab/core/error.h"
#include "aelab/core/files.h"
#include "aelab/core/problems.h"
#include "aelab/core/text.h"

namespace aelab {
namespace {

/// Takes a text apart, row by row.
class CsvRows {
 public:
  CsvRows(std::string_view text, char delimiter, const std::string& file)
      : text_(text), delimiter_(delimiter), file_(file) {
    if (text_.starts_with("\xef\xbb\xbf")) text_.remove_prefix(3);  // a byte order mark
  }

  std::int64_t line() const { return row_line_; }  ///< where the row began that `next` gave, from 1

  /// The next row's fields, which live until the next call; false at the end. Blank lines are passed over.
  bool next(std::vector<std::string_view>& fields) {
    unquoted_.clear();
    fields.clear();
    while (take_line_end()) {
    }
    if (text_.empty()) return false;
    row_line_ = line_;
    do {
      fields.push_back(field());
    } while (take(delimiter_));
    if (!text_.empty() && !take_line_end())
      throw Error(fmt::format("{}:{}: column {}: text follows a closing quote", file_, line_, fields.size()));
    return true;
  }

 private:
  std::string_view text_;
  char delimiter_;
  const std::string& file_;
  std::int64_t line_ = 1, row_line_ = 1;
  std::vector<std::unique_ptr<std::string>> unquoted_;

  bool take(char c) {
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool take_line_end() {
    if (!text_.starts_with("\r\n") && !text_.starts_with('\n')) return false;
    text_.remove_prefix(text_.front() == '\r' ? 2 : 1);
    ++line_;
    return true;
  }

  std::string_view field() {
    if (take('"')) return quoted();
    const char ends[] = {delimiter_, '\n', '\0'};
    auto end = std::min(text_.find_first_of(std::string_view(ends, 2)), text_.size());
    auto found = text_.substr(0, end);
    text_.remove_prefix(end);
    if (text_.starts_with('\n') && found.ends_with('\r')) found.remove_suffix(1);
    return found;
  }

  std::string_view quoted() {
    auto& content = *unquoted_.emplace_back(std::make_unique<std::string>());
    for (;;) {
      const auto end = text_.find('"');
      if (end == std::string_view::npos)
        throw Error(fmt::format("{}:{}: a quote is opened and never closed", file_, row_line_));
      content += text_.substr(0, end);
      line_ += std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(end), '\n');
      text_.remove_prefix(end + 1);
      if (!take('"')) return content;
      content += '"';
    }
  }
};

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// The number that the whole text is; infinity and NaN too.
std::optional<double> number_in(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error == std::errc::invalid_argument || end != text.data() + text.size())
    return std::nullopt;
  if (error == std::errc()) return value;
  return std::strtod(std::string(text).c_str(), nullptr);  // beyond a double: 0 or infinity
}

/// What tables write where there is no value.
bool is_missing_value(std::string_view text) {
  constexpr std::string_view kMissing[] = {"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?"};
  return std::find(std::begin(kMissing), std::end(kMissing), trimmed(text)) != std::end(kMissing);
}

class CsvReader {
 public:
  CsvReader(std::string_view text, const CsvFormat& format, const std::string& file)
      : rows_(text, format.delimiter, file), format_(format), file_(file) {}

  CsvTable read() {
    std::vector<std::string_view> row;
    if (!rows_.next(row)) throw Error(file_ + ": holds no rows");
    const bool header = format_.header ? *format_.header : is_header(row);
    for (std::size_t i = 0; i < row.size(); ++i)
      names_.push_back(header ? std::string(trimmed(row[i])) : std::to_string(i));
    choose_columns();
    if (!header) take_row(row);
    while (!problems_.enough() && rows_.next(row)) take_row(row);
    problems_.say_if_enough(file_);
    problems_.raise();
    if (table_.rows == 0) throw Error(file_ + ": holds no rows below its header");
    return std::move(table_);
  }

 private:
  CsvRows rows_;
  const CsvFormat& format_;
  const std::string& file_;
  std::vector<std::string> names_;
  std::vector<std::size_t> columns_;
  std::optional<std::size_t> label_;
  std::set<std::size_t> texts_;  // columns that begin with no number
  CsvTable table_;
  Problems problems_;

  /// A row of names alone is a header, one of numbers alone is none; all else must be said.
  bool is_header(const std::vector<std::string_view>& row) const {
    std::size_t numbers = 0, counting = 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
      numbers += number_in(row[i]).has_value();
      counting += trimmed(row[i]) == std::to_string(i);
    }
    if (numbers == 0) return true;
    if (numbers == row.size() && counting < row.size()) return false;
    throw Error(fmt::format("{}:{}: say whether this row names the columns: set \"header\" to true or false",
                            file_, rows_.line()));
  }

  /// What to do about rows of one field that hold what separates others.
  std::string delimiter_hint() const {
    constexpr std::string_view kOthers = ",;\t|";
    const auto& whole = names_.front();
    const auto found = names_.size() == 1 ? whole.find_first_of(kOthers) : std::string::npos;
    if (found == std::string::npos) return {};
    return fmt::format(" Set \"delimiter\" to \"{}\"?",
                       whole[found] == '\t' ? "\\t" : whole.substr(found, 1));
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

  /// Once for a column whose first value is none either.
  void add_no_number(std::size_t column, std::string_view text) {
    const auto is_first = table_.rows == 0;
    if (is_first) texts_.insert(column);
    if (is_first || !texts_.contains(column))
      problems_.add(place(column) + fmt::format("\"{}\" is no number{}", text.substr(0, 40),
                                                is_first ? "; name a column of text as \"label\", or "
                                                           "leave it out by \"ignore\""
                                                         : ""));
  }

  void choose_columns() {
    if (!format_.label.empty()) label_ = column_named(format_.label);
    std::vector<std::size_t> ignored;
    for (const auto& name : format_.ignore) ignored.push_back(column_named(name));
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (label_ == i || std::find(ignored.begin(), ignored.end(), i) != ignored.end()) continue;
      columns_.push_back(i);
      table_.columns.push_back(names_[i]);
    }
    if (columns_.empty()) throw Error(file_ + ": no column of values is left");
  }

  void take_row(const std::vector<std::string_view>& row) {
    if (row.size() != names_.size())
      return problems_.add(fmt::format("{}:{}: has {} fields, the first row has {}.{}", file_, rows_.line(),
                                       row.size(), names_.size(), delimiter_hint()));
    for (const auto column : columns_) {
      const auto value = number_in(row[column]);
      if (is_missing_value(row[column]))
        problems_.add(place(column) + "the value is missing; fill it, or leave its row or column out");
      else if (!value)
        add_no_number(column, row[column]);
      else if (!std::isfinite(static_cast<float>(*value)))
        problems_.add(place(column) +
                      fmt::format("{} is not finite, or too large for a float", row[column].substr(0, 40)));
      if (problems_.enough()) return;
      table_.values.push_back(static_cast<float>(value.value_or(0)));
    }
    if (label_) {
      if (is_missing_value(row[*label_])) problems_.add(place(*label_) + "the label is missing");
      if (!is_utf8(row[*label_])) problems_.add(place(*label_) + "is not UTF-8: save the file as UTF-8");
      table_.labels.emplace_back(trimmed(row[*label_]));
    }
    ++table_.rows;
  }
};

}  // namespace

CsvTable parse_csv(std::string_view text, const CsvFormat& format, const std::string& file) {
  return CsvReader(text, format, file).read();
}

CsvTable read_csv(const std::filesystem::path& path, const CsvFormat& format) {
  return parse_csv(read_gzip(path), format, path.string());
}

}  // namespace aelab
