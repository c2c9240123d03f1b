#include "aelab/core/layout.h"

#include <clocale>
#include <cwchar>

#include <algorithm>

namespace aelab {
namespace {

/// While one exists, this thread's C functions read UTF-8, whatever the user's locale is.
class Utf8Locale {
 public:
  Utf8Locale() : former_(utf8() ? ::uselocale(utf8()) : nullptr) {}
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;
  ~Utf8Locale() {
    if (former_) ::uselocale(former_);
  }

 private:
  locale_t former_;

  static locale_t utf8() {
    static const locale_t locale = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return locale;
  }
};

/// Calls `use(bytes, columns)` for each character, until it returns false.
template <class Use>
void each_character(std::string_view text, Use use) {
  const Utf8Locale utf8;
  std::mbstate_t state = {};
  while (!text.empty()) {
    wchar_t character = 0;
    auto length = std::mbrtowc(&character, text.data(), text.size(), &state);
    int columns = 1;
    if (length == 0 || length > text.size()) {  // a zero byte, or not UTF-8
      state = {};
      length = 1;
    } else {
      columns = std::max(::wcwidth(character), 0);
    }
    if (!use(text.substr(0, length), static_cast<std::size_t>(columns))) return;
    text.remove_prefix(length);
  }
}

/// The parts of a text, each with the separator that ends it where `keep` is set.
std::vector<std::string_view> parts_of(std::string_view text, char separator, bool keep = false) {
  std::vector<std::string_view> parts;
  for (std::size_t end; (end = text.find(separator)) != std::string_view::npos; text.remove_prefix(end + 1))
    parts.push_back(text.substr(0, end + (keep ? 1 : 0)));
  parts.push_back(text);
  return parts;
}

/// The end of the text in double quotes that begins at `begin`, with escapes as in JSON; `begin` where there
/// is no such text.
std::size_t end_of_quoted(std::string_view line, std::size_t begin) {
  constexpr std::string_view kBefore = " ([{:,=\x27", kBehind = " )]}:,;.?!\x27";
  if (line[begin] != '"' || (begin > 0 && kBefore.find(line[begin - 1]) == std::string_view::npos))
    return begin;
  for (auto i = begin + 1; i < line.size(); ++i) {
    if (line[i] == '\\')
      ++i;
    else if (line[i] == '"' && (i + 1 == line.size() || kBehind.find(line[i + 1]) != std::string_view::npos))
      return i + 1;
  }
  return begin;
}

/// parts_of, but texts in double quotes stay whole, so that JSON remains valid.
std::vector<std::string_view> words_of(std::string_view line, char separator, bool keep = false) {
  std::vector<std::string_view> words;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (const auto end = end_of_quoted(line, i); end > i) {
      i = end - 1;
    } else if (line[i] == separator) {
      words.push_back(line.substr(begin, i - begin + (keep ? 1 : 0)));
      begin = i + 1;
    }
  }
  words.push_back(line.substr(begin));
  return words;
}

/// One line as several; those after the first begin with `indent` spaces.
std::vector<std::string> lines_of(std::string_view line, std::size_t width, std::size_t indent) {
  const auto margin = std::min(line.find_first_not_of(' '), line.size());
  std::vector<std::string> lines = {std::string(margin, ' ')};
  std::size_t used = margin;
  bool at_start = true;
  const auto add = [&](std::string_view word, std::size_t gap) {
    const auto columns = display_width(word);
    if (!at_start && used + gap + columns > width) {
      used = std::min(indent, width - std::min(width, columns));  // less where the word would not fit
      lines.emplace_back(used, ' ');
      gap = 0;
    }
    lines.back() += std::string(gap, ' ') + std::string(word);
    used += gap + columns;
    at_start = false;
  };
  std::size_t gap = 0;
  for (const auto word : words_of(line.substr(margin), ' ')) {
    if (!word.empty()) {
      const bool too_wide = indent + display_width(word) > width;
      for (const auto part : too_wide ? words_of(word, ',', /*keep=*/true) : std::vector{word}) {
        add(part, gap);
        gap = 0;
      }
    }
    ++gap;
  }
  return lines;
}

std::string spaces_before(std::string_view text, std::size_t width) {
  return std::string(width - std::min(width, display_width(text)), ' ');
}

std::size_t widest_word(std::string_view text) {
  std::size_t widest = 0;
  for (const auto word : parts_of(text, ' ')) widest = std::max(widest, display_width(word));
  return widest;
}

using Cells = std::vector<std::vector<std::string>>;

/// Widens the columns of wrapped headings, from the left, as long as the table fits.
void unwrap_headings(const Cells& cells, std::size_t width, std::vector<std::size_t>& widths) {
  std::size_t used = 0;
  for (const auto column : widths) used += 2 + column;
  for (std::size_t c = 1; c < widths.size(); ++c) {
    const auto heading = display_width(cells.front()[c]);
    if (heading <= widths[c] || used + heading - widths[c] > width) continue;
    used += heading - widths[c];
    widths[c] = heading;
  }
}

/// Of every column; headings may be wrapped where that makes their column much narrower.
std::vector<std::size_t> column_widths(const Cells& cells, std::size_t width) {
  constexpr std::size_t kNotWorthIt = 4;
  std::vector<std::size_t> widths(cells.front().size(), 0);
  for (std::size_t c = 0; c < widths.size(); ++c) {
    for (const auto& row : cells)
      widths[c] =
          std::max(widths[c], &row == &cells.front() && c > 0 ? widest_word(row[c]) : display_width(row[c]));
    const auto heading = display_width(cells.front()[c]);
    if (heading <= widths[c] + kNotWorthIt) widths[c] = std::max(widths[c], heading);
  }
  const auto room = std::max(width * 2 / 5, display_width(cells.front()[0]));
  if (widths[0] > room) {
    widths[0] = 0;  // as the widest of the names that leave the other columns their share
    for (const auto& row : cells)
      if (const auto columns = display_width(row[0]); columns <= room)
        widths[0] = std::max(widths[0], columns);
  }
  unwrap_headings(cells, width, widths);
  return widths;
}

/// One row's first cell, and those of the columns from `begin` to `end`.
std::string table_row(const std::vector<std::string>& row, const std::vector<std::size_t>& widths,
                      std::size_t begin, std::size_t end, std::size_t width) {
  std::string text, name = row[0];
  if (display_width(name) > widths[0]) {
    text = wrapped("  " + name, width, 2) + "\n";
    name.clear();
  }
  std::vector<std::vector<std::string>> columns;  // the lines of each cell, the last of them beside the name
  std::size_t height = 1;
  for (auto c = begin; c < end; ++c) {
    columns.push_back(lines_of(row[c], widths[c], 0));
    height = std::max(height, columns.back().size());
  }
  for (std::size_t line = 0; line < height; ++line) {
    const bool last = line + 1 == height;
    auto shown = "  " + (last ? name : "") + spaces_before(last ? name : "", widths[0]);
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const auto above = height - columns[c].size();
      const auto cell = line < above ? std::string() : columns[c][line - above];
      shown += "  " + spaces_before(cell, widths[begin + c]) + cell;
    }
    text += shown.substr(0, shown.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  each_character(text, [&](std::string_view, std::size_t columns) {
    width += columns;
    return true;
  });
  return width;
}

std::string shortened(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  const auto mark = std::string_view("...").substr(0, width);
  std::size_t kept = 0, used = mark.size();
  each_character(text, [&](std::string_view bytes, std::size_t columns) {
    used += columns;
    if (used <= width) kept += bytes.size();
    return used <= width;
  });
  return std::string(text.substr(0, kept)) + std::string(mark);
}

std::string wrapped(std::string_view text, std::size_t width, std::size_t hang) {
  std::string result;
  for (const auto line : parts_of(text, '\n', /*keep=*/true)) {
    const bool ends = line.ends_with('\n');
    const auto content = line.substr(0, line.size() - (ends ? 1 : 0));
    const auto margin = std::min(content.find_first_not_of(' '), content.size());
    if (display_width(content) <= width) {
      result += content;
    } else {
      const std::size_t bullet = content.substr(margin).starts_with("- ") ? 2 : 0;
      const auto lines = lines_of(content, width, std::min(margin + bullet + hang, width / 2));
      for (std::size_t i = 0; i < lines.size(); ++i) result += (i > 0 ? "\n" : "") + lines[i];
    }
    if (ends) result += '\n';
  }
  return result;
}

std::string flowed(const std::vector<std::string>& parts, std::size_t width, std::size_t indent) {
  std::string text;
  std::size_t used = 0;
  for (const auto& part : parts) {
    const auto columns = display_width(part);
    if (used > 0 && used + 2 + columns <= width) {
      text += "  " + part;
      used += 2 + columns;
    } else {
      text += (used > 0 ? "\n" + std::string(indent, ' ') : "") + part;
      used = (used > 0 ? indent : 0) + columns;
    }
  }
  return wrapped(text, width, indent);
}

std::string entry(std::string_view name, std::string_view text, std::size_t column, std::size_t width) {
  if (text.empty()) return std::string(name) + "\n";
  const auto body = wrapped(std::string(column, ' ') + std::string(text), width);
  if (display_width(name) + 2 > column) return std::string(name) + "\n" + body + "\n";
  return std::string(name) + spaces_before(name, column) + body.substr(column) + "\n";
}

std::string aligned(const std::vector<std::vector<std::string>>& cells, std::size_t width) {
  const auto widths = column_widths(cells, width);
  std::string text;
  std::size_t begin = 1;
  do {
    auto end = begin;
    for (auto used = 2 + widths[0]; end < widths.size(); ++end) {
      used += 2 + widths[end];
      if (end > begin && used > width) break;
    }
    if (begin > 1) text += '\n';
    for (const auto& row : cells) text += table_row(row, widths, begin, end, width);
    begin = end;
  } while (begin < widths.size());
  return text;
}

}  // namespace aelab
