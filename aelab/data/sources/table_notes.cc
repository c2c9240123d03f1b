#include "aelab/data/sources/table_notes.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include "aelab/core/text.h"
#include "aelab/data/formats/csv_faults.h"
#include "aelab/data/formats/csv_rows.h"

namespace aelab {
namespace {

using Notes = std::vector<std::string>;

/// Labels that are numbers, but not class numbers, are names: a postal code, or a value to predict.
void add_label_note(const CsvTable& table, Notes& notes) {
  const auto other = std::find_if(table.labels.begin(), table.labels.end(),
                                  [](const std::string& label) { return !class_number(label); });
  if (other == table.labels.end() || !std::all_of(table.labels.begin(), table.labels.end(),
                                                  [](const auto& label) { return number_in(label); }))
    return;
  notes.push_back(
      "labels are numbers, but not all are class numbers such as 0, 1, 2: they are read as names, "
      "such as \"" +
      *other + "\"");
}

/// Labels that hardly any two rows have in common: an index, a date, or a value to predict.
void add_many_classes_note(const CsvTable& table, Notes& notes) {
  constexpr std::size_t kFewRows = 10;
  const std::set<std::string> classes(table.labels.begin(), table.labels.end());
  const auto rows = table.labels.size();
  if (rows < kFewRows || 2 * classes.size() <= rows) return;
  notes.push_back(in_json(table.label) + ": " + std::to_string(classes.size()) + " classes for " +
                  std::to_string(rows) + " rows: is this column a label?");
}

/// Class numbers that no row has, such as 0 where classes count from 1.
void add_unused_class_note(const CsvTable& table, Notes& notes) {
  constexpr std::int64_t kMostClasses = 1000;
  std::set<std::int64_t> used;
  for (const auto& label : table.labels) {
    const auto number = class_number(label);
    if (!number || *number >= kMostClasses) return;
    used.insert(*number);
  }
  if (used.empty()) return;
  const auto last = *used.rbegin(), unused = last + 1 - std::ssize(used);
  std::int64_t first_unused = 0;
  while (used.contains(first_unused)) ++first_unused;
  if (unused > 0)
    notes.push_back("the classes are " + std::to_string(*used.begin()) + " to " + std::to_string(last) +
                    ", and no row is of class " + std::to_string(first_unused) +
                    (unused > 1 ? " and " + std::to_string(unused - 1) + " others" : ""));
}

std::string in_lower_case(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name;
}

/// Whole numbers of few values in a column with a usual name of classes.
void add_class_notes(const CsvTable& table, Notes& notes) {
  constexpr std::size_t kMostClasses = 100;
  if (!table.label.empty()) return;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const auto name = in_lower_case(table.columns[i]);
    constexpr std::string_view kNames[] = {"label",  "labels", "class",   "classes",
                                           "target", "y",      "species", "category"};
    if (std::find(std::begin(kNames), std::end(kNames), name) == std::end(kNames)) continue;
    std::set<float> values;
    for (auto at = i; at < table.values.size() && values.size() <= kMostClasses; at += table.columns.size())
      if (!std::isnan(table.values[at])) values.insert(table.values[at]);
    const bool whole = std::all_of(values.begin(), values.end(), [](float x) { return x == std::floor(x); });
    if (whole && values.size() > 1 && values.size() <= kMostClasses)
      notes.push_back(in_json(table.columns[i]) + " is used as a feature and has " +
                      std::to_string(values.size()) +
                      " whole values; if these are classes: \"label\": " + in_json(table.references[i]));
  }
}

/// Whether indices usually have this name.
bool is_index_name(const std::string& column) {
  const auto name = in_lower_case(column);
  for (const std::string_view index : {"unnamed: 0", "index", "id", "row", "row_id", "rowid", "row id"})
    if (name == index) return true;
  return false;
}

/// What the values of a column look like.
struct ColumnForm {
  bool counts = true;  ///< each is one more than that of the row above
  bool whole = true;
};

std::vector<ColumnForm> forms_of(const CsvTable& table) {
  const auto width = table.columns.size();
  std::vector<ColumnForm> forms(width);
  for (std::size_t i = 0; i < table.values.size(); ++i) {
    auto& form = forms[i % width];
    if (table.values[i] != std::floor(table.values[i])) form.whole = false;
    if (i >= width && table.values[i] - table.values[i - width] != 1) form.counts = false;
  }
  return forms;
}

/// Columns, and what to write to leave them out.
class OddColumns {
 public:
  OddColumns(const CsvTable& table, const CsvFormat& format) : table_(table), format_(format) {}

  void add(std::size_t column) {
    names_.push_back(in_json(table_.columns[column]));
    references_.push_back(table_.references[column]);
  }
  bool empty() const { return names_.empty(); }
  /// One form of words for one column, and another for several.
  std::string either(const std::string& one, const std::string& several) const {
    return names_.size() == 1 ? one : several;
  }
  std::string names() const {
    constexpr std::size_t kShown = 5;
    return join_some(names_, kShown);
  }
  std::string left_out() const {
    constexpr std::size_t kMost = 40;
    return "leave " + either("it", "them") + " out" +
           (references_.size() > kMost ? " with \"ignore\""
                                       : ": " + ignore_option(format_.ignore, references_));
  }

 private:
  const CsvTable& table_;
  const CsvFormat& format_;
  std::vector<std::string> names_ = {}, references_ = {};
};

/// The kind of the column of each number of a row.
std::vector<ColumnKind> kinds_of(const CsvTable& table) {
  std::vector<ColumnKind> kinds;
  for (const auto& type : table.types)
    kinds.insert(kinds.end(), static_cast<std::size_t>(type.width()), type.kind);
  return kinds;
}

/// Columns of a few values, each of which has one label alone.
void add_leak_notes(const CsvTable& table, const CsvFormat& format, Notes& notes) {
  constexpr std::int64_t kFewRows = 20, kRowsOfValue = 4;
  const std::set<std::string> classes(table.labels.begin(), table.labels.end());
  if (table.rows < kFewRows || classes.size() < 2) return;
  OddColumns leaks(table, format);
  const auto most = static_cast<std::size_t>(table.rows / kRowsOfValue);
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    std::map<float, const std::string*> label_of;
    bool determined = true;
    for (std::size_t row = 0; determined && row < table.labels.size(); ++row) {
      const auto value = table.values[row * table.columns.size() + i];
      if (std::isnan(value)) continue;
      const auto& label = label_of.emplace(value, &table.labels[row]).first->second;
      determined = *label == table.labels[row] && label_of.size() <= most;
    }
    if (determined && label_of.size() > 1) leaks.add(i);
  }
  if (!leaks.empty())
    notes.push_back("each value of " + leaks.names() + " has rows of one label alone: if " +
                    leaks.either("it is", "they are") + " not known before the label is, " +
                    leaks.left_out());
}

void add_column_notes(const CsvTable& table, const CsvFormat& format, Notes& notes) {
  constexpr std::int64_t kFewRows = 4;
  if (table.rows < kFewRows) return;
  const auto forms = forms_of(table);
  const auto kinds = kinds_of(table);
  OddColumns constants(table, format), counts(table, format), indices(table, format);
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const auto& name = table.columns[i];
    if (table.merged[i] || kinds[i] == ColumnKind::date) continue;  // a part of a date may be constant
    if (table.summaries[i].least == table.summaries[i].most)
      constants.add(i);
    else if (kinds[i] != ColumnKind::numeric && kinds[i] != ColumnKind::count)
      continue;
    else if (forms[i].counts)
      counts.add(i);
    else if (forms[i].whole && (is_index_name(name) || (table.has_header && name == "0")))
      indices.add(i);
  }
  if (!constants.empty())
    notes.push_back("the same value in every row: " + constants.names() + "; " + constants.left_out());
  if (!counts.empty())
    notes.push_back(counts.names() + counts.either(" numbers", " number") + " the rows; if " +
                    counts.either("it is an index", "they are indices") + ", " + counts.left_out());
  if (!indices.empty())
    notes.push_back(indices.names() +
                    indices.either(" looks like an index but is", " look like indices but are") +
                    " used as " + indices.either("a feature; ", "features; ") + indices.left_out());
}

}  // namespace

std::optional<std::int64_t> class_number(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0 || std::to_string(number) != text) return std::nullopt;
  return number;
}

Notes table_notes(const CsvTable& table, const CsvFormat& format, bool features) {
  Notes notes;
  add_label_note(table, notes);
  add_many_classes_note(table, notes);
  add_unused_class_note(table, notes);
  if (!features) return notes;
  add_column_notes(table, format, notes);
  add_leak_notes(table, format, notes);
  add_class_notes(table, notes);
  return notes;
}

}  // namespace aelab
