#include "aelab/core/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

namespace aelab {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

// Damerau-Levenshtein in its restricted form (optimal string alignment).
std::size_t edits_between(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

std::string shortest_match(std::span<const std::string> known,
                           const std::function<bool(std::string_view)>& matches) {
  const std::string* best = nullptr;
  for (const auto& name : known) {
    if (matches(lower(name)) && (!best || name.size() < best->size())) best = &name;
  }
  return best ? *best : std::string();
}

}  // namespace

std::string simplified(std::string_view name) {
  auto letters = lower(name);
  std::erase_if(letters, [](char c) { return c == '-' || c == '_' || c == ' '; });
  return letters;
}

std::string with_article(const std::string& noun) {
  const bool vowel = std::string_view("aeiou").find(noun.front()) != std::string_view::npos;
  return (vowel ? "an " : "a ") + noun;
}

std::string misspelt(std::string_view word, std::span<const std::string> known) {
  const std::string wanted = lower(word);
  if (wanted.empty()) return {};
  const std::size_t limit = std::max<std::size_t>(1, wanted.size() / 3);
  std::size_t least = limit + 1;
  const std::string* best = nullptr;
  for (const auto& name : known) {
    const std::size_t longer = std::max(name.size(), wanted.size());
    if (longer - std::min(name.size(), wanted.size()) > limit) continue;
    const std::size_t d = edits_between(wanted, lower(name));
    if (d < least && d < longer) {  // d == longer: not one character in common
      least = d;
      best = &name;
    }
  }
  return best ? *best : std::string();
}

std::string nearest(std::string_view word, std::span<const std::string> known) {
  if (auto near = misspelt(word, known); !near.empty()) return near;
  const std::string wanted = lower(word);
  if (wanted.empty()) return {};
  const auto starts = [&](std::string_view name) { return name.starts_with(wanted); };
  const auto contains = [&](std::string_view name) {
    return wanted.size() > 2 &&
           name.find(wanted) != std::string_view::npos;  // a letter or two is in any name
  };
  const std::string prefixed = shortest_match(known, starts);
  return prefixed.empty() ? shortest_match(known, contains) : prefixed;
}

std::string did_you_mean(std::string_view word, std::span<const std::string> known) {
  constexpr std::size_t most = 20;
  if (known.empty()) return {};
  if (const std::string near = nearest(word, known); !near.empty()) {
    return fmt::format(" Did you mean \"{}\"?", near);
  }
  return fmt::format(" Known: {}.", join_some(known, most));
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(separator, begin), text.size());
    const auto part = text.substr(begin, end - begin);
    const auto first = part.find_first_not_of(" \t"), last = part.find_last_not_of(" \t");
    parts.emplace_back(first == part.npos ? std::string_view() : part.substr(first, last - first + 1));
    begin = end + 1;
  }
  return parts;
}

std::string join(std::span<const std::string> parts, std::string_view separator) {
  std::string result;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) result += separator;
    result += parts[i];
  }
  return result;
}

std::string join_some(std::span<const std::string> parts, std::size_t most) {
  if (parts.size() <= most + 1) return join(parts, ", ");
  return fmt::format("{} and {} more", join(parts.first(most), ", "), parts.size() - most);
}

std::string first_line(std::string_view text) { return std::string(text.substr(0, text.find('\n'))); }

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t place) { return static_cast<unsigned char>(text[place]); };
    const auto first = byte(i);
    const std::size_t length = first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (length == 0 || first > 0xf4 || length > text.size() - i) return false;
    std::uint32_t point = length == 1 ? first : first & (0x7f >> length);
    for (std::size_t j = 1; j < length; ++j) {
      if ((byte(i + j) & 0xc0) != 0x80) return false;
      point = point << 6 | (byte(i + j) & 0x3f);
    }
    constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800,
                                        0x10000};  // by length: no code is longer than need be
    if (point < kLeast[length] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return false;
    i += length;
  }
  return true;
}

std::string duration(double seconds) {
  if (!std::isfinite(seconds) || std::abs(seconds) > 1e15) return fmt::format("{} s", seconds);
  if (seconds < 0) return "-" + duration(-seconds);
  if (seconds == 0) return "0 s";
  if (seconds < 0.0995) return fmt::format("{:.{}f} ms", seconds * 1e3, seconds < 0.00095 ? 1 : 0);
  if (seconds < 59.95) return fmt::format("{:.1f} s", seconds);
  if (const auto whole = std::llround(seconds); whole < 3600) {
    return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  }
  const auto minutes = std::llround(seconds / 60);
  return fmt::format("{} h {:02} min", minutes / 60, minutes % 60);
}

std::string shortest(double value) { return fmt::format("{}", value); }

}  // namespace aelab
