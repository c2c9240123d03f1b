#include "aelab/data/formats/csv_numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>

#include "aelab/core/error.h"
#include "aelab/data/formats/csv_faults.h"
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
  summary_.least = std::min(summary_.least, value);
  summary_.most = std::max(summary_.most, value);
  summary_.sum += value;
  if (summary_.first.size() < ColumnSummary::kFirst) summary_.first.push_back(value);
  if (!text.empty()) distinct_.add(value, text);
}

std::string ColumnReading::note_of_merged(const std::string& column, const std::string& left_out) const {
  return fmt::format("{}: {} as 32-bit floats; {} in the table, or leave it out: {}", in_json(column),
                     distinct_.in_words(),
                     summary_.is_tiny() ? "multiply them by a constant" : "subtract an offset", left_out);
}

namespace {

constexpr std::size_t kSmallestTable = 16, kLargestTable = std::size_t{1} << 11;
constexpr int kHashBits = 64;

std::uint64_t hash_of(float rounded) {
  auto hash = std::uint64_t{std::bit_cast<std::uint32_t>(rounded + 0.f)} * 0x9e3779b97f4a7c15U;
  hash ^= hash >> (kHashBits / 2);
  return hash * 0xd6e8feb86659fd93U;
}

}  // namespace

bool DistinctValues::is_in_sample(std::uint64_t hash) const {
  return shift_ == 0 || hash >> (kHashBits - shift_) == 0;
}

void DistinctValues::add(double value, std::string_view text) {
  whole_ = whole_ && value == std::floor(value);
  const auto rounded = static_cast<float>(value);
  if (full_ || !is_in_sample(hash_of(rounded))) return;
  put({key_of(value, text), rounded, true});
  if (2 * used_ > table_.size()) grow_or_thin();
}

void DistinctValues::put(const Seen& seen) {
  if (table_.empty()) table_.resize(kSmallestTable);
  const auto mask = table_.size() - 1;
  auto at = static_cast<std::size_t>(hash_of(seen.rounded)) & mask;
  while (table_[at].used && (table_[at].key != seen.key || table_[at].rounded != seen.rounded))
    at = (at + 1) & mask;
  used_ += table_[at].used ? 0 : 1;
  table_[at] = seen;
}

void DistinctValues::grow_or_thin() {
  constexpr std::size_t kFewFloats = 64;
  const bool grows = table_.size() < kLargestTable;
  full_ = !grows && sampled_floats() < kFewFloats;
  if (full_) return;
  std::vector<Seen> old(grows ? 2 * table_.size() : table_.size());
  old.swap(table_);
  if (!grows) ++shift_;
  used_ = 0;
  for (const auto& seen : old)
    if (seen.used && is_in_sample(hash_of(seen.rounded))) put(seen);
}

std::size_t DistinctValues::sampled_floats() const {
  std::vector<float> floats;
  for (const auto& seen : table_)
    if (seen.used) floats.push_back(seen.rounded + 0.f);
  std::sort(floats.begin(), floats.end());
  return static_cast<std::size_t>(std::unique(floats.begin(), floats.end()) - floats.begin());
}

std::string DistinctValues::in_words() const {
  return fmt::format("{}{} different values become {}",
                     full_        ? "at least "
                     : shift_ > 0 ? "about "
                                  : "",
                     used_ << shift_, sampled_floats() << shift_);
}

bool DistinctValues::are_merged() const {
  const auto floats = sampled_floats();
  return whole_ ? floats < used_ : 10 * floats < 9 * used_;
}

}  // namespace aelab
