#include "aelab/data/formats/csv_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>

#include "aelab/core/error.h"

namespace aelab {

CsvRows::CsvRows(std::string_view text, CsvDialect dialect, const std::string& file, std::int64_t first_line)
    : text_(text), dialect_(std::move(dialect)), file_(file), line_(first_line) {
  if (text_.find('\n') == std::string_view::npos && text_.find('\r') != std::string_view::npos)
    line_end_ = '\r';
}

bool CsvRows::next(std::vector<CsvField>& fields) {
  unquoted_.clear();
  fields.clear();
  do {
    if (dialect_.delimiter == ' ') take_blanks();
  } while (take_line_end() || take_comment());
  if (text_.empty()) return false;
  row_line_ = line_;
  do {
    fields.push_back(field());
  } while (take_delimiter());
  if (!text_.empty() && !take_line_end())
    throw Error(fmt::format("{}:{}: column {}: text follows a closing quote", file_, line_, fields.size()));
  return true;
}

bool CsvRows::take(char c) {
  if (!text_.starts_with(c)) return false;
  text_.remove_prefix(1);
  return true;
}

bool CsvRows::take_line_end() {
  if (line_end_ == '\n' && text_.starts_with("\r\n")) text_.remove_prefix(1);
  if (!take(line_end_)) return false;
  ++line_;
  return true;
}

bool CsvRows::take_comment() {
  if (dialect_.comment.empty() || !text_.starts_with(dialect_.comment)) return false;
  text_.remove_prefix(dialect_.comment.size());
  const auto end = std::min(text_.find(line_end_), text_.size());
  last_comment_ = text_.substr(0, end);
  if (last_comment_.ends_with('\r')) last_comment_.pop_back();
  text_.remove_prefix(end);
  ++comments_;
  return true;
}

std::size_t CsvRows::take_blanks() {
  const auto blanks = std::min(text_.find_first_not_of(" \t"), text_.size());
  text_.remove_prefix(blanks);
  return blanks;
}

bool CsvRows::take_delimiter() {
  if (dialect_.delimiter != ' ') return take(dialect_.delimiter);
  return take_blanks() > 0 && !text_.empty() && !text_.starts_with(line_end_) && !text_.starts_with("\r\n");
}

CsvField CsvRows::field() {
  const auto begin = text_.find_first_not_of(' ');
  if (begin != std::string_view::npos && text_[begin] == '"') {
    text_.remove_prefix(begin + 1);
    return quoted();
  }
  const char ends[] = {line_end_, dialect_.delimiter, '\t'};
  const std::string_view signs(ends, dialect_.delimiter == ' ' ? 3 : 2);
  const auto end = std::min(text_.find_first_of(signs), text_.size());
  auto found = text_.substr(0, end);
  text_.remove_prefix(end);
  if (text_.starts_with('\n') && found.ends_with('\r')) found.remove_suffix(1);
  return {found, false};
}

CsvField CsvRows::quoted() {
  auto& content = *unquoted_.emplace_back(std::make_unique<std::string>());
  for (;;) {
    const auto end = text_.find('"');
    if (end == std::string_view::npos)
      throw Error(fmt::format("{}:{}: a quote is opened and never closed", file_, row_line_));
    content += text_.substr(0, end);
    line_ += std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(end), line_end_);
    text_.remove_prefix(end + 1);
    if (!take('"')) break;
    content += '"';
  }
  if (dialect_.delimiter != ' ')
    while (take(' ')) {
    }
  return {content, true};
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::optional<double> number_in(std::string_view text, char decimal) {
  text = trimmed(text);
  std::string with_point;
  if (decimal != '.') {
    if (text.find('.') != std::string_view::npos) return std::nullopt;
    with_point = text;
    std::replace(with_point.begin(), with_point.end(), decimal, '.');
    text = with_point;
  }
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error == std::errc::invalid_argument || end != text.data() + text.size())
    return std::nullopt;
  if (error == std::errc()) return value;
  return std::strtod(std::string(text).c_str(), nullptr);  // beyond a double: 0 or infinity
}

namespace {

/// How well a delimiter takes the first rows apart: above 0 where most have the same number of fields, two or
/// more.
double delimiter_score(std::string_view text, const CsvDialect& dialect) try {
  constexpr std::size_t kRows = 30;
  static const std::string kNoFile;
  CsvRows rows(text, dialect, kNoFile);
  std::vector<CsvField> row;
  std::map<std::size_t, double> widths;
  double fields = 0, numbers = 0, read = 0;
  for (; read < kRows && rows.next(row); ++read) {
    ++widths[row.size()];
    for (const auto& field : row) {
      fields += 1;
      numbers += number_in(field.text).has_value() ||
                 (dialect.delimiter != ',' && number_in(field.text, ',').has_value());
    }
  }
  const auto most = std::max_element(widths.begin(), widths.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  if (most == widths.end() || most->first < 2) return 0;
  return most->second / read * (0.5 + numbers / fields);
} catch (const Error&) {
  return 0;
}

}  // namespace

char find_delimiter(std::string_view text, const std::string& comment) {
  constexpr std::size_t kLooked = 1 << 16;
  text = text.substr(0, kLooked);
  char best = ',';
  double score = 0;
  for (const char delimiter : {',', ';', '\t', '|', ' '}) {
    const auto own = delimiter_score(text, {.delimiter = delimiter, .comment = comment});
    if (own <= score) continue;
    best = delimiter;
    score = own;
  }
  return best;
}

}  // namespace aelab
