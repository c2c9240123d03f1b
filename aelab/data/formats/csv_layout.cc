#include "aelab/data/formats/csv_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "aelab/core/error.h"
#include "aelab/data/formats/csv_faults.h"
#include "aelab/data/formats/csv_rows.h"

namespace aelab {
namespace {

constexpr std::string_view kCommentSigns[] = {"#", "%", "//", "--", "!", ";", "*"};

struct LayoutLine {
  std::int64_t number;  // from 0
  std::string_view text;
};
using LayoutLines = std::vector<LayoutLine>;

/// The first lines that are not blank.
LayoutLines first_lines(std::string_view text) {
  constexpr std::size_t kMost = 400;
  const char end_sign = text.find('\n') == std::string_view::npos ? '\r' : '\n';
  LayoutLines lines;
  for (std::int64_t number = 0; !text.empty() && lines.size() < kMost; ++number) {
    const auto end = std::min(text.find(end_sign), text.size());
    auto line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!trimmed(line).empty()) lines.push_back({number, line});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

LayoutLines without_comments(const LayoutLines& lines, std::string_view sign) {
  LayoutLines others;
  for (const auto& line : lines)
    if (sign.empty() || !line.text.starts_with(sign)) others.push_back(line);
  return others;
}

/// How a delimiter takes a line apart.
struct LineFields {
  std::size_t width = 0;  // 0 where it cannot
  std::size_t numbers = 0;
};

LineFields fields_of(std::string_view line, char delimiter) try {
  static const std::string kNoFile;
  CsvRows rows(line, {.delimiter = delimiter, .comment = ""}, kNoFile);
  std::vector<CsvField> fields;
  if (!rows.next(fields)) return {};
  const auto numbers = std::count_if(fields.begin(), fields.end(), [&](const CsvField& field) {
    return number_in(field.text) || (delimiter != ',' && number_in(field.text, ','));
  });
  return {fields.size(), static_cast<std::size_t>(numbers)};
} catch (const Error&) {
  return {};
}

/// A table among the lines of a file.
struct FoundTable {
  std::size_t begin = 0;  // the line of its header, or of its first row without one
  bool has_header = false;
  char delimiter = ',';
  std::size_t width = 0, rows = 0;  // rows: lines of that width that have numbers
};

/// The table whose rows have numbers, and the most frequent width among such lines; most lines below its
/// beginning belong to it, and none above.
std::optional<FoundTable> table_by(const LayoutLines& lines, char delimiter) {
  std::vector<LineFields> fields;
  std::map<std::size_t, std::size_t> widths;
  for (const auto& line : lines) {
    fields.push_back(fields_of(line.text, delimiter));
    if (fields.back().numbers > 0) ++widths[fields.back().width];
  }
  const auto most = std::max_element(widths.begin(), widths.end(), [](const auto& a, const auto& b) {
    return std::pair(a.second, a.first) < std::pair(b.second, b.first);
  });
  if (most == widths.end()) return std::nullopt;
  FoundTable table{.delimiter = delimiter, .width = most->first, .rows = most->second};
  const auto is_row = [&](const LineFields& line) { return line.width == table.width && line.numbers > 0; };
  const auto first =
      static_cast<std::size_t>(std::find_if(fields.begin(), fields.end(), is_row) - fields.begin());
  const auto begin = fields.begin() + static_cast<std::ptrdiff_t>(first);
  if (3 * std::count_if(begin, fields.end(), is_row) < 2 * (fields.end() - begin)) return std::nullopt;
  table.has_header = first > 0 && fields[first - 1].width == table.width && fields[first - 1].numbers == 0;
  table.begin = table.has_header ? first - 1 : first;
  if (table.begin == 0) return table;
  // A header of another width is a mistake of its own; so are rows of texts, but for a row of units; and so
  // is a line that cannot be taken apart, where a quote is open or text follows it.
  if (std::any_of(fields.begin(), fields.begin() + static_cast<std::ptrdiff_t>(table.begin),
                  [](const auto& line) { return line.width == 0; }))
    return std::nullopt;
  const auto& above = fields[table.begin - 1];
  const bool gap = lines[table.begin].number - lines[table.begin - 1].number > 1;
  const bool broken_header = !table.has_header && table.begin == 1 && above.numbers == 0 && above.width > 1 &&
                             (delimiter != ' ' || above.width + 1 == table.width);
  const bool other_widths =
      std::any_of(fields.begin(), fields.begin() + static_cast<std::ptrdiff_t>(table.begin),
                  [&](const auto& line) { return line.width != table.width; });
  if (broken_header || (!gap && !other_widths && fields[first].numbers < table.width)) return std::nullopt;
  if (table.width == 1 && !gap) return std::nullopt;
  return table;
}

/// The largest table by any delimiter; none where that is not the given one.
std::optional<FoundTable> find_table(const LayoutLines& lines, const CsvFormat& format) {
  const auto rank = [](const FoundTable& table) {
    return std::tuple(table.rows, table.begin == 0, table.width);
  };
  std::optional<FoundTable> best;
  for (const char delimiter : {format.delimiter.value_or(','), ',', ';', '\t', '|', ' '}) {
    const auto found = table_by(lines, delimiter);
    if (found && (!best || rank(*found) > rank(*best))) best = found;
  }
  return best && format.delimiter.value_or(best->delimiter) == best->delimiter ? best : std::nullopt;
}

/// Whether lines that begin with the sign are comments of the table, which begins in line `begin`, rather
/// than its header or rows.
bool are_comments(const LayoutLines& lines, std::string_view sign, const FoundTable& table,
                  std::int64_t begin) {
  if (sign.front() == table.delimiter) return false;
  return std::any_of(lines.begin(), lines.end(), [&](const LayoutLine& line) {
    const bool above_header = table.has_header && line.number < begin;
    return line.text.starts_with(sign) &&
           (above_header || fields_of(line.text, table.delimiter).width != table.width);
  });
}

}  // namespace

std::string layout_advice(std::string_view text, const CsvFormat& format, const std::string& file,
                          std::int64_t first_line) {
  constexpr std::size_t kLooked = 1 << 18;
  const auto all = first_lines(text.substr(0, kLooked)), lines = without_comments(all, format.comment);
  const auto begins_below = [&](std::int64_t begin) {
    return fmt::format("{}:{}: the table begins in this line: set \"skip_lines\": {}", file,
                       first_line + begin, first_line - 1 + begin);
  };
  for (const auto sign : kCommentSigns) {
    const auto others = without_comments(lines, sign);
    if (others.size() == lines.size() || others.empty()) continue;
    const auto table = find_table(others, format);
    if (!table) continue;
    const auto begin = others[table->begin].number;
    if (!are_comments(lines, sign, *table, begin)) continue;
    const auto is_comment = [&, s = sign](const LayoutLine& line) { return line.text.starts_with(s); };
    const auto first = std::find_if(lines.begin(), lines.end(), is_comment);
    const bool within = std::any_of(
        first, lines.end(), [&](const auto& line) { return line.number > begin && is_comment(line); });
    const bool alone = table->begin == 0 && all.size() == lines.size();  // no other kind of line is above
    if (!within && !alone) return begins_below(begin);
    return fmt::format("{}:{}: lines that begin with \"{}\" look like comments: set \"comment\": \"{}\"{}",
                       file, first_line + first->number, sign, sign,
                       alone ? "" : fmt::format(", \"skip_lines\": {}", first_line - 1 + begin));
  }
  const auto table = find_table(lines, format);
  return table && table->begin > 0 ? begins_below(lines[table->begin].number) : "";
}

std::string_view comment_sign(std::string_view text) {
  for (const auto sign : kCommentSigns)
    if (text.starts_with(sign)) return sign;
  return {};
}

void skip_lines(std::string_view& text, std::int64_t count, const std::string& file) {
  for (; count > 0; --count) {
    const auto end = text.find_first_of("\r\n");
    if (end == std::string_view::npos) throw Error(file + ": \"skip_lines\" leaves no rows");
    text.remove_prefix(end + (text.substr(end).starts_with("\r\n") ? 2 : 1));
  }
}

std::optional<char> take_separator_line(std::string_view& text) {
  constexpr std::string_view kBegin = "sep=";
  if (!text.starts_with(kBegin) || text.size() < kBegin.size() + 2) return std::nullopt;
  const char sign = text[kBegin.size()], behind = text[kBegin.size() + 1];
  if (behind != '\n' && behind != '\r') return std::nullopt;
  text.remove_prefix(kBegin.size() + (text.substr(kBegin.size() + 1).starts_with("\r\n") ? 3 : 2));
  return sign;
}

}  // namespace aelab
