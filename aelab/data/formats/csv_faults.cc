#include "aelab/data/formats/csv_faults.h"

#include <fmt/format.h>

#include <algorithm>

#include "aelab/core/text.h"

namespace aelab {
namespace {

using Names = std::vector<std::string>;

/// The columns by name, or by number where the name would not do.
std::string ignore(const Names& names, const std::vector<std::size_t>& columns) {
  Names quoted;
  for (const auto column : columns) {
    const auto& name = names[column];
    const bool unique = !name.empty() && std::count(names.begin(), names.end(), name) == 1;
    quoted.push_back('"' + (unique ? name : std::to_string(column)) + '"');
  }
  return "\"ignore\": [" + join(quoted, ", ") + "]";
}

}  // namespace

void ColumnFaults::add_missing(std::size_t column, std::int64_t line) {
  auto& fault = faults_[column];
  if (fault.missing++ == 0) fault.missing_line = line;
}

void ColumnFaults::add_text(std::size_t column, std::int64_t line, std::string_view text) {
  auto& fault = faults_[column];
  fault.text_line = line;
  fault.text = text;
}

bool ColumnFaults::is_text(std::size_t column) const {
  const auto found = faults_.find(column);
  return found != faults_.end() && found->second.text_line > 0;
}

std::vector<std::string> ColumnFaults::in_words(const std::string& file, const Names& names) const {
  Names sentences;
  std::vector<std::size_t> columns;
  for (const auto& [column, fault] : faults_) {
    columns.push_back(column);
    const auto say = [&, &number = column](std::int64_t line, const std::string& what) {
      sentences.push_back(
          fmt::format("{}:{}: column {} (\"{}\"): {}", file, line, number, names[number], what));
    };
    const auto left_out = ignore(names, {column});
    if (fault.missing == 1)
      say(fault.missing_line,
          "the value is missing; fill it, remove its row, or leave the column out: " + left_out);
    if (fault.missing > 1)
      say(fault.missing_line,
          fmt::format("{} values are missing, this is the first; fill them, remove their rows, or leave the "
                      "column out: {}",
                      fault.missing, left_out));
    if (fault.text_line > 0)
      say(fault.text_line,
          fmt::format("\"{}\" is not a number; {}", fault.text.substr(0, 40),
                      is_decorated_number(fault.text)
                          ? "remove thousands separators, currency signs and percent signs"
                          : "name a column of text as \"label\", or leave it out: " + left_out));
  }
  if (columns.size() > 1)
    sentences.push_back(file + ": to leave out all of these: " + ignore(names, columns));
  return sentences;
}

bool is_decorated_number(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789";
  constexpr const char* kSigns[] = {"$", "€", "£", "¥", "%", ",", ".", "'", "+", "-", " "};
  std::string bare(text);
  for (const std::string_view sign : kSigns)
    for (auto at = bare.find(sign); at != std::string::npos; at = bare.find(sign))
      bare.erase(at, sign.size());
  return !bare.empty() && bare.find_first_not_of(kDigits) == std::string::npos;
}

}  // namespace aelab
