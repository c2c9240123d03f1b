#include "aelab/data/formats/csv_header.h"

#include <algorithm>
#include <cmath>

#include "aelab/data/formats/csv_numbers.h"

namespace aelab {
namespace {

/// The numbers of a row; none where a field is not a number.
std::vector<double> numbers_of(const std::vector<CsvField>& row) {
  std::vector<double> numbers;
  for (const auto& field : row) {
    const auto number = number_in(field.text);
    if (!number) return {};
    numbers.push_back(*number);
  }
  return numbers;
}

bool are_years(const std::vector<double>& numbers) {
  constexpr double kFirst = 1500, kLast = 2200;
  return !numbers.empty() && std::all_of(numbers.begin(), numbers.end(), [](double number) {
    return number == std::floor(number) && number >= kFirst && number <= kLast;
  });
}

/// At least three numbers that grow or shrink by equal steps: a count, wavelengths, times.
bool are_evenly_spaced(const std::vector<double>& numbers) {
  constexpr std::size_t kFew = 3;
  constexpr double kRounding = 1e-6;
  if (numbers.size() < kFew) return false;
  const double step = numbers[1] - numbers[0];
  for (std::size_t i = 2; i < numbers.size(); ++i)
    if (std::abs(numbers[i] - numbers[i - 1] - step) > kRounding * std::abs(step)) return false;
  return step != 0;
}

/// Whether both rows have the same text in a column: it is a value, since no column is named like its value.
bool repeats_text(const std::vector<CsvField>& first, const std::vector<CsvField>& second) {
  for (std::size_t i = 0; i < std::min(first.size(), second.size()); ++i)
    if (!first[i].text.empty() && first[i].text == second[i].text && !number_in(first[i].text)) return true;
  return false;
}

/// Whether a field is a truth value: the field below it is one of the same kind. Columns may be called "t".
bool is_truth(const std::vector<CsvField>& first, const std::vector<CsvField>& second, std::size_t column) {
  const auto* words = truth_words(first[column].text);
  return words && words->one.size() > 1 && column < second.size() &&
         truth_words(second[column].text) == words;
}

}  // namespace

FirstRow judge_first_row(const std::vector<CsvField>& first, const std::vector<CsvField>& second,
                         const std::function<bool(const CsvField&)>& is_number) {
  std::ptrdiff_t count = 0;
  for (std::size_t i = 0; i < first.size(); ++i) count += is_number(first[i]) || is_truth(first, second, i);
  if (count == 0) return FirstRow::names;
  if (count < std::ssize(first)) return repeats_text(first, second) ? FirstRow::values : FirstRow::unclear;
  const auto numbers = numbers_of(first), below = numbers_of(second);
  const bool counts_columns = !numbers.empty() && numbers[0] == 0 &&
                              (numbers.size() == 1 || (are_evenly_spaced(numbers) && numbers[1] == 1) ||
                               (numbers.size() == 2 && numbers[1] == 1));
  const bool like_names =
      (are_years(numbers) && !are_years(below)) || (are_evenly_spaced(numbers) && !are_evenly_spaced(below));
  return counts_columns || (!second.empty() && like_names) ? FirstRow::unclear : FirstRow::values;
}

}  // namespace aelab
