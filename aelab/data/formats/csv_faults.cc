#include "aelab/data/formats/csv_faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>

#include "aelab/core/text.h"
#include "aelab/data/formats/csv_rows.h"
#include "aelab/data/formats/dates.h"

namespace aelab {
namespace {

using Names = std::vector<std::string>;

/// Why a text is not a number, and what to do about its column, which cannot be left out where `left_out` is
/// "".
std::string about_text(const std::string& text, const std::string& column, const std::string& left_out,
                       bool has_label) {
  const auto shown = text.substr(0, 40);
  if (left_out.empty())
    return fmt::format("\"{}\" is not a number, which the model needs: correct it, or remove its row", shown);
  if (const auto kind = date_or_time(trimmed(text)); !kind.empty())
    return fmt::format("\"{}\" is {}: leave it out: {}", shown, kind, left_out);
  if (is_decorated_number(text))
    return fmt::format(
        "\"{}\" is not a number; remove thousands separators, currency signs and percent signs", shown);
  if (has_label) return fmt::format("\"{}\" is not a number; leave the column out: {}", shown, left_out);
  return fmt::format(
      "\"{}\" is not a number; if the column holds classes: \"label\": {}; otherwise leave it out: {}", shown,
      in_json(column), left_out);
}

}  // namespace

std::string in_json(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string reference_to(const Names& names, std::size_t column) {
  const auto& name = names[column];
  return std::count(names.begin(), names.end(), name) == 1 ? name : std::to_string(column);
}

std::string ignore_option(Names ignored, const Names& columns) {
  for (const auto& column : columns)
    if (std::find(ignored.begin(), ignored.end(), column) == ignored.end()) ignored.push_back(column);
  for (auto& column : ignored) column = in_json(column);
  return "\"ignore\": [" + join(ignored, ", ") + "]";
}

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

Names ColumnFaults::in_words(const std::string& file, const Names& names, const CsvFormat& format) const {
  Names sentences, references;
  for (const auto& [column, fault] : faults_) {
    references.push_back(reference_to(names, column));
    const auto say = [&, &number = column](std::int64_t line, const std::string& what) {
      sentences.push_back(
          fmt::format("{}:{}: column {} (\"{}\"): {}", file, line, number, names[number], what));
    };
    const bool is_needed = !format.columns.empty();
    const auto left_out = is_needed ? "" : ignore_option(format.ignore, {references.back()});
    const auto remedy = [&](const std::string& it, const std::string& row) {
      if (is_needed) return "fill " + it + ", or remove " + row;
      return "fill " + it + ", remove " + row + ", or leave the column out: " + left_out;
    };
    if (fault.missing == 1) say(fault.missing_line, "the value is missing; " + remedy("it", "its row"));
    if (fault.missing > 1)
      say(fault.missing_line, fmt::format("{} values are missing, the first in this row; {}", fault.missing,
                                          remedy("them", "their rows")));
    if (fault.text_line > 0)
      say(fault.text_line, about_text(fault.text, references.back(), left_out, !format.label.empty()));
  }
  if (references.size() > 1 && format.columns.empty())
    sentences.push_back(file + ": to leave out all of these: " + ignore_option(format.ignore, references));
  return sentences;
}

bool is_decorated_number(std::string_view text) {
  static const std::regex kForm(
      "[+-]?(?:\\$|€|£|¥|[A-Z]{3})? *[+-]?"
      "(?:\\d{1,3}(?:[,.' ]\\d{3})+(?:[.,]\\d+)?|\\d+(?:[.,]\\d+)?)"
      " *(?:\\$|€|£|¥|%|[A-Z]{3})?",
      std::regex::optimize);
  const std::string bare(trimmed(text));
  constexpr std::size_t kLongest = 60;
  return bare.size() <= kLongest && !number_in(bare) && std::regex_match(bare, kForm);
}

}  // namespace aelab
