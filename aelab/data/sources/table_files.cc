#include "aelab/data/sources/table_files.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <memory>
#include <set>

#include "aelab/core/error.h"
#include "aelab/core/text.h"
#include "aelab/data/formats/csv_faults.h"
#include "aelab/data/formats/csv_rows.h"
#include "aelab/data/places.h"
#include "aelab/data/series.h"
#include "aelab/data/sources/table_notes.h"

namespace aelab {
namespace {

/// Names of classes, in the order of their numbers; none where all labels are numbers already.
std::vector<std::string> class_names(const CsvTable& table) {
  if (std::all_of(table.labels.begin(), table.labels.end(), class_number)) return {};
  const std::set<std::string> names(table.labels.begin(), table.labels.end());
  return {names.begin(), names.end()};
}

Tensor class_numbers(const CsvTable& table, const std::vector<std::string>& names, const std::string& files) {
  if (table.labels.empty()) return {};
  std::vector<std::int64_t> numbers;
  for (std::size_t row = 0; row < table.labels.size(); ++row) {
    const auto& label = table.labels[row];
    const auto found = std::lower_bound(names.begin(), names.end(), label);
    const auto number = names.empty()                             ? class_number(label)
                        : found == names.end() || *found != label ? std::nullopt
                                                                  : std::optional(found - names.begin());
    if (!number)
      throw Error(files + ": row " + std::to_string(row) + ": the label \"" + label +
                  (names.empty() ? "\" is not a class number" : "\" is not a class of the training files"));
    numbers.push_back(*number);
  }
  return at::tensor(numbers);
}

/// Error that names the first column that differs. Of columns with types of another file, `references` alone
/// say what they are called in their own.
void require_same_columns(const CsvTable& table, const std::string& file, const CsvTable& other,
                          const std::string& other_file) {
  const auto require_same = [&](const std::vector<std::string>& own, const std::vector<std::string>& others) {
    const auto quoted = [](const std::vector<std::string>& names, std::size_t i) {
      return i < names.size() ? '"' + names[i] + '"' : std::string("missing");
    };
    for (std::size_t i = 0; i < std::max(own.size(), others.size()); ++i)
      if (quoted(own, i) != quoted(others, i))
        throw Error("the columns of " + file + " differ from those of " + other_file + ": feature " +
                    std::to_string(i) + " is " + quoted(own, i) + " instead of " + quoted(others, i));
  };
  require_same(table.columns, other.columns);
  require_same(table.references, other.references);
}

/// Numbers the categories of a table's columns anew, as those of `types`, which have them all.
void renumber(CsvTable& table, const ColumnTypes& types) {
  std::size_t feature = 0;
  for (std::size_t i = 0; i < types.size(); ++i) {
    const auto &now = types[i].categories, &then = table.types[i].categories;
    if (types[i].kind == ColumnKind::categorical && now != then)
      for (auto at = feature; at < table.values.size(); at += table.columns.size()) {
        auto& value = table.values[at];
        if (std::isnan(value)) continue;
        const auto& text = then[static_cast<std::size_t>(value)];
        value = static_cast<float>(std::lower_bound(now.begin(), now.end(), text) - now.begin());
      }
    feature += static_cast<std::size_t>(types[i].width());
  }
}

/// Adds the rows of another table with the same columns, whose types have been found for both.
void append_table(CsvTable& whole, const CsvTable& table) {
  renumber(whole, table.types);
  whole.types = table.types;
  for (std::size_t i = 0; i < whole.columns.size(); ++i) {
    whole.summaries[i].add(table.summaries[i]);
    whole.merged[i] = whole.merged[i] || table.merged[i];
  }
  whole.values.insert(whole.values.end(), table.values.begin(), table.values.end());
  whole.labels.insert(whole.labels.end(), table.labels.begin(), table.labels.end());
  whole.times.insert(whole.times.end(), table.times.begin(), table.times.end());
  whole.groups.insert(whole.groups.end(), table.groups.begin(), table.groups.end());
  whole.rows += table.rows;
}

/// The tables of several files, one below the other. Adds their notes to `notes`, each of several equal ones
/// once, with the first file that it is about.
CsvTable read_tables(const FileNames& files, CsvFormat format, ReadTable read,
                     std::vector<std::string>& notes) {
  const bool finds_types = format.types.empty() && !format.numbers_only;
  std::set<std::string> known;
  for (const auto& note : notes) known.insert(note.substr(note.find(": ") + 2));
  CsvTable whole;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (i > 0 && finds_types) {
      format.types = whole.types;
      format.new_categories = true;
    }
    auto table = read(files[i], format);
    // A series for each file, where no column tells them apart.
    if (files.size() > 1 && table.group.empty())
      table.groups.assign(static_cast<std::size_t>(table.rows), files[i]);
    for (const auto& note : table.notes)
      if (known.insert(note).second) notes.push_back(files[i] + ": " + note);
    if (i == 0) {
      whole = std::move(table);
      continue;
    }
    require_same_columns(table, files[i], whole, files.front());
    if (table.has_dates != whole.has_dates || table.time != whole.time || table.group != whole.group)
      throw Error("the times or groups of " + files[i] + " are not of the kind of those of " + files.front() +
                  ": name columns that both have, times all as dates or all as numbers");
    append_table(whole, table);
  }
  return whole;
}

/// Takes the values out of the table.
Tensor values_of_table(CsvTable& table, Shape shape) {
  shape.insert(shape.begin(), table.rows);
  auto held = std::make_shared<std::vector<float>>(std::move(table.values));
  auto* values = held->data();
  return at::from_blob(values, shape, [held](void*) {});
}

/// The points that the rows are; nullptr where neither times nor series are known.
std::shared_ptr<const Series> series_of_table(const CsvTable& table, const Tensor& labels) {
  if (table.times.empty() && table.groups.empty()) return nullptr;
  auto series = std::make_shared<Series>();
  series->rows = at::arange(table.rows, at::kLong);
  series->labels = labels;
  series->time = table.time;
  series->group = table.group.empty() && !table.groups.empty() ? "file" : table.group;
  series->groups_are_files = table.group.empty();
  series->has_dates = table.has_dates;
  if (!table.times.empty()) series->times = series->order = at::tensor(table.times, at::kDouble);
  if (table.groups.empty()) return series;
  std::map<std::string, std::int64_t> places;
  std::vector<std::int64_t> groups;
  for (const auto& name : table.groups) {
    const auto [found, is_new] = places.emplace(name, std::ssize(series->group_names));
    if (is_new) series->group_names.push_back(name);
    groups.push_back(found->second);
  }
  series->groups = at::tensor(groups);
  return series;
}

/// Whether names of columns are more than their numbers.
bool are_names(const std::vector<std::string>& columns) {
  return std::any_of(columns.begin(), columns.end(),
                     [&](const auto& name) { return name != std::to_string(&name - columns.data()); });
}

/// The format of a table that is read for a model with these inputs.
CsvFormat format_like(CsvFormat format, const InputSchema& own) {
  std::vector<std::string> columns = own.columns;
  if (!own.types.empty()) {
    columns.clear();
    for (const auto& type : own.types) columns.push_back(type.name);
  }
  if (!format.numbers_only && are_names(columns)) format.columns = columns;
  format.types = own.types;
  format.numbers_only = own.types.empty();
  if (format.time.empty()) format.time = own.time;
  if (format.group.empty()) format.group = own.group;
  return format;
}

}  // namespace

Dataset table_rows(CsvTable& table, const Shape& shape, const std::vector<std::string>& names,
                   const std::string& file) {
  const auto columns = static_cast<std::int64_t>(table.columns.size());
  if (elements(shape) != columns)
    throw FieldError("shape", to_string(shape) + " has " + std::to_string(elements(shape)) +
                                  " values, a row of " + file + " has " + std::to_string(columns));
  const auto labels = class_numbers(table, names, file);
  const auto rows = Dataset::from_tensors(values_of_table(table, shape), labels);
  const auto series = series_of_table(table, labels);
  return series ? rows.with_series(series) : rows;
}

std::vector<std::pair<std::string, ColumnKind>> kinds_of_columns(const std::vector<ColumnName>& numeric,
                                                                 const std::vector<ColumnName>& categorical,
                                                                 const std::vector<ColumnName>& flags,
                                                                 const std::vector<ColumnName>& counts,
                                                                 const std::vector<ColumnName>& dates) {
  std::vector<std::pair<std::string, ColumnKind>> kinds;
  for (const auto& [names, kind] : {std::pair(&numeric, ColumnKind::numeric),
                                    {&categorical, ColumnKind::categorical},
                                    {&flags, ColumnKind::flag},
                                    {&counts, ColumnKind::count},
                                    {&dates, ColumnKind::date}})
    for (const auto& name : *names) kinds.emplace_back(name, kind);
  return kinds;
}

Data read_table_files(const TableFiles& source, const InputSchema* own) {
  require_files({{"files", source.files}, {"test_files", source.test_files}});
  auto format = source.format;
  if (own) format = format_like(std::move(format), *own);
  const auto& first = source.files.front();
  Data data{.name = source.source, .train = {}, .origin = first};
  auto train = read_tables(source.files, format, source.read, data.notes);
  data.class_names = class_names(train);
  for (const auto& note : table_notes(train, format, /*features=*/!source.shape && !own))
    data.notes.push_back(first + ": " + note);
  const auto shape = source.shape.value_or(Shape{static_cast<std::int64_t>(train.columns.size())});
  data.train = table_rows(train, shape, data.class_names, first);
  data.files = source.files;
  data.label = train.label;
  if (!source.shape) {
    data.columns = train.columns;
    data.summaries = train.summaries;
  }
  auto test_types = train.types;
  if (!source.test_files.empty()) {
    auto tests = format;
    if (!format.numbers_only) tests.types = train.types;
    auto test = read_tables(source.test_files, tests, source.read, data.notes);
    require_same_columns(test, source.test_files.front(), train, first);
    data.test = table_rows(test, shape, data.class_names, source.test_files.front());
    data.files.insert(data.files.end(), source.test_files.begin(), source.test_files.end());
    test_types = test.types;
  }
  const bool plain = are_plain(train.types) && are_plain(test_types) && format.kinds.empty();
  if (format.numbers_only || (!own && plain)) return data;
  data.train = data.train.with_types(train.types);
  if (data.test) data.test = data.test->with_types(test_types);
  return data;
}

}  // namespace aelab
