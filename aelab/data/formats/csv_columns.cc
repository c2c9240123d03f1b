#include "aelab/data/formats/csv_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "aelab/core/error.h"
#include "aelab/core/text.h"
#include "aelab/data/formats/csv_faults.h"

namespace aelab {
namespace {

using Names = std::vector<std::string>;

/// The whole number that the text is; too large ones are those of no column.
std::optional<std::int64_t> column_number(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) return std::nullopt;
  return error == std::errc() ? number : -1;
}

/// By its name, or else by its number.
std::optional<std::size_t> find_column(const Names& names, const std::string& name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  const auto number = column_number(name);
  if (!number || *number < 0 || *number >= std::ssize(names)) return std::nullopt;
  return static_cast<std::size_t>(*number);
}

/// A column that is no feature, as the format calls it, where its place goes, and what it is.
struct ColumnUse {
  const std::string* name;
  std::optional<std::size_t>* place;
  std::string_view use;
};

std::array<ColumnUse, 3> uses_of(const CsvFormat& format, CsvColumns& chosen) {
  return {{{&format.label, &chosen.label, "label"},
           {&format.time, &chosen.time, "time"},
           {&format.group, &chosen.group, "group"}}};
}

CsvColumns all_columns(const Names& names, const CsvFormat& format, const std::string& where,
                       const std::string& hint) {
  CsvColumns chosen;
  std::set<std::size_t> set_aside;
  for (auto [name, place, use] : uses_of(format, chosen)) {
    if (name->empty()) continue;
    *place = column_called(names, *name, where, hint);
    if (!set_aside.insert(**place).second)
      throw Error(fmt::format("{}: column {} cannot be the {} column as well: choose one use", where,
                              in_json(*name), use));
  }
  std::vector<std::size_t> ignored;
  for (const auto& name : format.ignore) ignored.push_back(column_called(names, name, where, hint));
  for (std::size_t i = 0; i < names.size(); ++i)
    if (!set_aside.contains(i) && std::find(ignored.begin(), ignored.end(), i) == ignored.end())
      chosen.values.push_back(i);
  return chosen;
}

/// The columns that a model was trained on, by their names; several of one name in their order.
CsvColumns columns_of_model(const Names& names, const CsvFormat& format, const std::string& where) {
  constexpr std::size_t kShown = 20;
  CsvColumns chosen;
  Names missing, others;
  std::vector<bool> taken(names.size(), false);
  for (const auto& name : format.columns) {
    std::size_t column = 0;
    while (column < names.size() && (taken[column] || names[column] != name)) ++column;
    if (column == names.size()) {
      missing.push_back(in_json(name));
      continue;
    }
    taken[column] = true;
    chosen.values.push_back(column);
  }
  if (!missing.empty())
    throw Error(fmt::format("{}: lacks {} that the model was trained on: {}", where,
                            missing.size() == 1 ? "a column" : "columns", join_some(missing, kShown)));
  const bool in_order = std::is_sorted(chosen.values.begin(), chosen.values.end());
  for (auto [name, place, use] : uses_of(format, chosen)) {
    if (name->empty()) continue;
    const auto found = find_column(names, *name);
    if (found && !taken[*found]) {
      *place = found;
      taken[*found] = true;
    } else {
      chosen.notes.push_back(
          fmt::format("has no {0} column {1}: its rows have no {0}s", use, in_json(*name)));
    }
  }
  for (std::size_t i = 0; i < names.size(); ++i)
    if (!taken[i]) others.push_back(in_json(names[i]));
  if (!in_order)
    chosen.notes.emplace_back(
        "its columns are in another order than those of the run; they are matched by name");
  if (!others.empty())
    chosen.notes.push_back("columns that the model was not trained on are left out: " +
                           join_some(others, kShown));
  return chosen;
}

}  // namespace

std::size_t column_called(const Names& names, const std::string& name, const std::string& where,
                          const std::string& hint) {
  if (const auto found = find_column(names, name)) {
    const auto second = std::find(names.begin() + static_cast<std::ptrdiff_t>(*found) + 1, names.end(), name);
    if (second != names.end())
      throw Error(fmt::format("{}: columns {} and {} are both called {}: give the number of one", where,
                              *found, second - names.begin(), in_json(name)));
    return *found;
  }
  if (column_number(name))
    throw Error(fmt::format("{}: has no column {}: {}.{}", where, name,
                            names.size() == 1 ? "its only column is number 0"
                                              : fmt::format("columns are numbered 0 to {}", names.size() - 1),
                            hint));
  throw Error(fmt::format("{}: has no column {}.{}", where, in_json(name),
                          hint.empty() ? did_you_mean(name, names) : hint));
}

CsvColumns choose_columns(const Names& names, const CsvFormat& format, const std::string& where,
                          const std::string& hint) {
  return format.columns.empty() ? all_columns(names, format, where, hint)
                                : columns_of_model(names, format, where);
}

}  // namespace aelab
