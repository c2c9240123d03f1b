#include "aelab/data/formats/csv_numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>

#include "aelab/core/error.h"
#include "aelab/data/formats/csv_rows.h"

namespace aelab {
namespace {

/// "1,234", but not "0,275" or "1234,567".
bool may_be_thousands(std::string_view text) {
  constexpr std::size_t kGroup = 3;
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  const auto comma = text.find(','), behind = text.size() - comma - 1;
  return comma > 0 && comma <= kGroup && text.front() != '0' && behind == kGroup &&
         text.find_first_of("eE") == std::string_view::npos;
}

bool is_word(std::string_view text, std::string_view word) {
  return text.size() == word.size() && std::equal(text.begin(), text.end(), word.begin(), [](char a, char b) {
           return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b;
         });
}

/// The same for equal numbers. Whole numbers that a double cannot tell apart are told apart by their texts.
std::uint64_t key_of(double value, std::string_view text) {
  constexpr double kLargestExact = 9007199254740992;  // 2^53
  return std::abs(value) < kLargestExact ? std::bit_cast<std::uint64_t>(value + 0.)
                                         : std::hash<std::string_view>()(trimmed(text));
}

}  // namespace

bool is_missing_value(std::string_view text) {
  constexpr std::string_view kMissing[] = {"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?"};
  return std::find(std::begin(kMissing), std::end(kMissing), trimmed(text)) != std::end(kMissing);
}

std::optional<double> DecimalSigns::read(std::string_view text, std::int64_t line) {
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

void DecimalSigns::check(const std::string& file) const {
  if (!comma_line_) return;
  if (point_line_)
    throw Error(fmt::format(
        "{}:{}: \"{}\" has a comma, but the numbers in line {} have decimal points: remove thousands "
        "separators, or set \"decimal\" to \",\" or \".\"",
        file, *comma_line_, comma_text_, *point_line_));
  if (only_thousands_)
    throw Error(
        fmt::format("{}:{}: \"{}\" may have a decimal comma or a thousands separator: set \"decimal\" to "
                    "\",\", or remove the separators",
                    file, *comma_line_, comma_text_));
}

const TruthWords* truth_words(std::string_view text) {
  static constexpr TruthWords kPairs[] = {
      {"true", "false"}, {"yes", "no"}, {"t", "f"}, {"y", "n"}, {"on", "off"}};
  for (const auto& pair : kPairs)
    if (is_word(trimmed(text), pair.one) || is_word(trimmed(text), pair.zero)) return &pair;
  return nullptr;
}

bool is_true(std::string_view text, const TruthWords& words) { return is_word(trimmed(text), words.one); }

void ColumnReading::add(double value, std::string_view text) {
  constexpr std::size_t kSlots = 256;
  constexpr std::size_t kDistinctDigits = 6;  // normal numbers of so few decimal digits are different floats
  summary_.least = std::min(summary_.least, value);
  summary_.most = std::max(summary_.most, value);
  summary_.sum += value;
  if (summary_.first.size() < ColumnSummary::kFirst) summary_.first.push_back(value);
  const bool tiny = value != 0 && std::abs(value) < std::numeric_limits<float>::min();
  if (may_merge_ || text.empty() || (text.size() <= kDistinctDigits && !tiny)) return;
  const auto rounded = static_cast<float>(value);
  const auto key = key_of(value, text);
  const auto slot = std::bit_cast<std::uint32_t>(rounded) * 2654435761U >> 24;
  if (seen_.empty()) seen_.assign(kSlots, {0, key_of(0, "0")});
  may_merge_ = seen_[slot].rounded == rounded && seen_[slot].key != key;
  seen_[slot] = {rounded, key};
}

void DistinctValues::add(double value, std::string_view text) {
  keys_.push_back(key_of(value, text));
  floats_.push_back(static_cast<float>(value));
  whole_ = whole_ && value == std::floor(value);
}

std::int64_t DistinctValues::values() {
  std::sort(keys_.begin(), keys_.end());
  keys_.erase(std::unique(keys_.begin(), keys_.end()), keys_.end());
  return std::ssize(keys_);
}

std::int64_t DistinctValues::floats() {
  std::sort(floats_.begin(), floats_.end());
  floats_.erase(std::unique(floats_.begin(), floats_.end()), floats_.end());
  return std::ssize(floats_);
}

bool DistinctValues::are_merged() { return whole_ ? floats() < values() : 10 * floats() < 9 * values(); }

}  // namespace aelab
