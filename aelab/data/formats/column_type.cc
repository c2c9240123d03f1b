#include "aelab/data/formats/column_type.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace aelab {

std::span<const std::string_view> names(ColumnKind) {
  static constexpr std::array<std::string_view, 5> kNames = {"numeric", "categorical", "flag", "count",
                                                             "date"};
  return kNames;
}

std::span<const std::string_view> names(DatePart) {
  static constexpr std::array<std::string_view, 5> kNames = {"year", "month", "day", "weekday", "hour"};
  return kNames;
}

void ColumnType::fields(Fields& f) {
  f("name", name, "name of the column");
  f("kind", kind, "what its cells are");
  f("categories", categories, "texts of its categories, or a flag's words for 0 and 1");
  f("missing", missing, "whether cells of the training file are missing");
  f("parts", parts, "parts of its dates that rows have");
  f("day_first", day_first, "whether the day is before the month in 1/2/2023");
}

bool are_plain(const ColumnTypes& types) {
  return std::all_of(types.begin(), types.end(), [](const ColumnType& type) {
    return !type.missing && (type.kind == ColumnKind::numeric || type.kind == ColumnKind::flag);
  });
}

std::vector<std::string> feature_names(const ColumnTypes& types) {
  std::vector<std::string> names;
  for (const auto& type : types) {
    if (type.kind != ColumnKind::date) names.push_back(type.name);
    for (const auto part : type.parts) names.push_back(fmt::format("{}.{}", type.name, name_of(part)));
  }
  return names;
}

std::string cell_text(const ColumnType& type, float value) {
  if (std::isnan(value)) return {};
  const bool has_words =
      type.kind == ColumnKind::categorical || (type.kind == ColumnKind::flag && !type.categories.empty());
  if (!has_words) return fmt::format("{}", type.kind == ColumnKind::count ? std::round(value) : value);
  const auto place = static_cast<std::size_t>(std::max(0.f, std::round(value)));
  return place < type.categories.size() ? type.categories[place] : "";
}

std::string date_text(const ColumnType& type, const float* values) {
  std::array<double, 5> numbers = {1970, 1, 1, 0, 0};
  bool has_hour = false;
  for (std::size_t i = 0; i < type.parts.size(); ++i) {
    if (!std::isfinite(values[i])) return {};
    numbers[static_cast<std::size_t>(type.parts[i])] = values[i];
    has_hour = has_hour || type.parts[i] == DatePart::hour;
  }
  using namespace std::chrono;
  const auto rounded = [](double x, double least, double most) {
    return static_cast<unsigned>(std::clamp(std::round(x), least, most));
  };
  const year y(static_cast<int>(rounded(numbers[0], 1, 9999)));
  const month m(rounded(numbers[1], 1, 12));
  const auto last = static_cast<double>(static_cast<unsigned>((y / m / std::chrono::last).day()));
  auto text = fmt::format("{:04}-{:02}-{:02}", static_cast<int>(y), static_cast<unsigned>(m),
                          rounded(numbers[2], 1, last));
  if (!has_hour) return text;
  const auto minutes = rounded(numbers[4] * 60, 0, 24 * 60 - 1);
  return text + fmt::format("T{:02}:{:02}", minutes / 60, minutes % 60);
}

}  // namespace aelab
