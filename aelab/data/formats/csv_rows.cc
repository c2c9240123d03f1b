#include "aelab/data/formats/csv_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>

#include "aelab/core/error.h"

namespace aelab {

CsvRows::CsvRows(std::string_view text, CsvDialect dialect, const std::string& file, std::int64_t first_line,
                 More more)
    : dialect_(std::move(dialect)),
      file_(file),
      at_{.text = text, .line = first_line},
      more_(std::move(more)),
      received_(text.size()) {
  if (more_ && text.ends_with('\r')) text.remove_suffix(1);  // a "\n" may follow
  if (text.find('\n') == std::string_view::npos && text.find('\r') != std::string_view::npos)
    line_end_ = '\r';
}

/// Receives pieces until at least so many bytes are left, or the text ends.
void CsvRows::receive(std::size_t least) {
  if (!more_ || at_.text.size() >= least) return;
  auto joined = std::make_unique<std::string>(at_.text);
  while (more_ && joined->size() < least) {
    const auto piece = more_();
    if (piece.empty()) more_ = {};
    joined->append(piece);
    received_ += piece.size();
  }
  buffer_ = std::move(joined);
  at_.text = *buffer_;
}

bool CsvRows::next(std::vector<CsvField>& fields) {
  constexpr std::size_t kAhead = std::size_t{1} << 16;
  receive(kAhead);
  if (!more_) return next_complete(fields);
  auto start = at_;
  for (;;) {
    const bool found = next_complete(fields);
    if (!at_.text.empty() || !more_) return found;
    at_ = start;  // the row may go on in what follows
    receive(2 * at_.text.size() + kAhead);
    start.text = at_.text;
  }
}

/// The next row of what was received.
bool CsvRows::next_complete(std::vector<CsvField>& fields) {
  unquoted_.clear();
  fields.clear();
  do {
    if (dialect_.delimiter == ' ') take_blanks();
  } while (take_line_end() || take_comment());
  if (at_.text.empty()) return false;
  at_.row_line = at_.line;
  do {
    fields.push_back(field());
  } while (take_delimiter());
  if (!at_.text.empty() && !take_line_end())
    throw Error(
        fmt::format("{}:{}: column {}: text follows a closing quote", file_, at_.line, fields.size()));
  return true;
}

bool CsvRows::take(char c) {
  if (!at_.text.starts_with(c)) return false;
  at_.text.remove_prefix(1);
  return true;
}

bool CsvRows::take_line_end() {
  if (line_end_ == '\n' && at_.text.starts_with("\r\n")) at_.text.remove_prefix(1);
  if (!take(line_end_)) return false;
  ++at_.line;
  return true;
}

bool CsvRows::take_comment() {
  if (dialect_.comment.empty() || !at_.text.starts_with(dialect_.comment)) return false;
  at_.text.remove_prefix(dialect_.comment.size());
  const auto end = std::min(at_.text.find(line_end_), at_.text.size());
  at_.last_comment = at_.text.substr(0, end);
  if (at_.last_comment.ends_with('\r')) at_.last_comment.pop_back();
  at_.text.remove_prefix(end);
  ++at_.comments;
  return true;
}

std::size_t CsvRows::take_blanks() {
  const auto blanks = std::min(at_.text.find_first_not_of(" \t"), at_.text.size());
  at_.text.remove_prefix(blanks);
  return blanks;
}

bool CsvRows::take_delimiter() {
  if (dialect_.delimiter != ' ') return take(dialect_.delimiter);
  return take_blanks() > 0 && !at_.text.empty() && !at_.text.starts_with(line_end_) &&
         !at_.text.starts_with("\r\n");
}

CsvField CsvRows::field() {
  const auto begin = at_.text.find_first_not_of(' ');
  if (begin != std::string_view::npos && at_.text[begin] == '"') {
    at_.text.remove_prefix(begin + 1);
    return quoted();
  }
  const bool blanks = dialect_.delimiter == ' ';
  const auto ends = [&](char c) {
    return c == dialect_.delimiter || c == line_end_ || (blanks && c == '\t');
  };
  const auto end =
      static_cast<std::size_t>(std::find_if(at_.text.begin(), at_.text.end(), ends) - at_.text.begin());
  auto found = at_.text.substr(0, end);
  at_.text.remove_prefix(end);
  if (at_.text.starts_with('\n') && found.ends_with('\r')) found.remove_suffix(1);
  return {found, false};
}

CsvField CsvRows::quoted() {
  auto& content = *unquoted_.emplace_back(std::make_unique<std::string>());
  for (;;) {
    const auto end = at_.text.find('"');
    if (end == std::string_view::npos && more_) {
      at_.text = {};
      return {};
    }
    if (end == std::string_view::npos)
      throw Error(fmt::format("{}:{}: a quote is opened and never closed", file_, at_.row_line));
    content += at_.text.substr(0, end);
    at_.line += std::count(at_.text.begin(), at_.text.begin() + static_cast<std::ptrdiff_t>(end), line_end_);
    at_.text.remove_prefix(end + 1);
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
