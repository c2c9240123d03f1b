#include "aelab/data/sources/csv_source.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <set>

#include "aelab/core/error.h"
#include "aelab/core/text.h"
#include "aelab/data/formats/csv.h"
#include "aelab/data/formats/csv_rows.h"
#include "aelab/data/places.h"

namespace aelab {
namespace {

/// A class number as programs write it. "01" is a name: it may mean something else than "1".
std::optional<std::int64_t> class_number(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0 || std::to_string(number) != text) return std::nullopt;
  return number;
}

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

/// Error that names the first column that differs.
void require_same_columns(const CsvTable& table, const std::string& file, const CsvTable& other,
                          const std::string& other_file) {
  const auto quoted = [](const CsvTable& of, std::size_t i) {
    return i < of.columns.size() ? '"' + of.columns[i] + '"' : std::string("missing");
  };
  for (std::size_t i = 0; i < std::max(table.columns.size(), other.columns.size()); ++i)
    if (quoted(table, i) != quoted(other, i))
      throw Error("data: the columns of " + file + " are not those of " + other_file + ": value column " +
                  std::to_string(i) + " is " + quoted(table, i) + ", there " + quoted(other, i));
}

/// The tables of several files, one below the other.
CsvTable read_tables(const FileNames& files, const CsvFormat& format) {
  auto whole = read_csv(files.front(), format);
  for (std::size_t i = 1; i < files.size(); ++i) {
    auto table = read_csv(files[i], format);
    require_same_columns(table, files[i], whole, files.front());
    for (auto& note : table.notes)
      if (std::find(whole.notes.begin(), whole.notes.end(), note) == whole.notes.end())
        whole.notes.push_back(std::move(note));
    whole.values.insert(whole.values.end(), table.values.begin(), table.values.end());
    whole.labels.insert(whole.labels.end(), table.labels.begin(), table.labels.end());
    whole.rows += table.rows;
  }
  return whole;
}

Tensor values_of_table(CsvTable& table, Shape shape) {
  shape.insert(shape.begin(), table.rows);
  return at::from_blob(table.values.data(), shape).clone();
}

Dataset table_rows(CsvTable& table, const Shape& shape, const std::vector<std::string>& names,
                   const std::string& file) {
  const auto columns = static_cast<std::int64_t>(table.columns.size());
  if (elements(shape) != columns)
    throw Error("data.shape: " + to_string(shape) + " has " + std::to_string(elements(shape)) +
                " values, a row of " + file + " has " + std::to_string(columns));
  return Dataset::from_tensors(values_of_table(table, shape), class_numbers(table, names, file));
}

}  // namespace

void Csv::Config::fields(Fields& f) {
  f.formerly({"train_files"});
  known_as_path(f("files", files, "a table, gzipped or not, or a list of tables"));
  f("test_files", test_files, "a table held out for the test, or a list");
  f("delimiter", delimiter,
    "character between two fields, \" \" for any run of blanks; default: detected among , ; | tab and "
    "blanks")
      .also_known_as({"sep", "separator", "delim"});
  f("decimal", decimal, "decimal sign, \".\" or \",\"; default: detected")
      .also_known_as({"decimal_point", "decimal_separator"});
  f("header", header, "whether the first row names the columns; default: detected")
      .also_known_as({"has_header", "names"});
  f("comment", comment, "lines that begin with it are skipped; \"\" for none");
  f("skip_lines", skip_lines, "number of lines to skip at the beginning", at_least(0));
  f("label", label,
    "column of labels, by its name or its number from 0; whole numbers from 0 are class numbers, other "
    "values are class names");
  f("ignore", ignore, "columns to leave out, by name or number");
  f("shape", shape, "shape of a row, such as [1, 28, 28]; default: [columns]", at_least(1));
  f.require(!files.empty(), "files", "is missing: name a table");
  f.require(!delimiter || (delimiter->size() == 1 && *delimiter != "\"" && *delimiter != "\n"), "delimiter",
            "must be one character");
  f.require(!decimal || *decimal == "." || *decimal == ",", "decimal", "must be \".\" or \",\"");
}

std::vector<Csv::Config> Csv::Config::examples() {
  return {{.files = shipped_data() / "digits" / "digits.csv.gz", .label = "64", .shape = {{1, 8, 8}}}};
}

namespace {

CsvFormat format_of(const Csv::Config& config) {
  const auto sign = [](const auto& text) { return text ? std::optional(text->front()) : std::nullopt; };
  return {.delimiter = sign(config.delimiter),
          .decimal = sign(config.decimal),
          .header = config.header,
          .comment = config.comment,
          .skip_lines = config.skip_lines,
          .label = config.label,
          .ignore = config.ignore};
}

/// "a", "b" and 3 more.
std::string quoted_list(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 5;
  std::vector<std::string> shown;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) shown.push_back('"' + names[i] + '"');
  const auto rest = names.size() - shown.size();
  return join(shown, ", ") + (rest ? " and " + std::to_string(rest) + " more" : "");
}

/// Labels that are numbers, but not class numbers, are names: a postal code, or a value to predict.
void add_label_note(const CsvTable& table, std::vector<std::string>& notes) {
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

std::string in_lower_case(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name;
}

/// Whole numbers of few values in a column that is called as classes are.
void add_class_notes(const CsvTable& table, std::vector<std::string>& notes) {
  constexpr std::size_t kMostClasses = 100;
  if (!table.label.empty()) return;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const auto name = in_lower_case(table.columns[i]);
    constexpr std::string_view kNames[] = {"label",  "labels", "class",   "classes",
                                           "target", "y",      "species", "category"};
    if (std::find(std::begin(kNames), std::end(kNames), name) == std::end(kNames)) continue;
    std::set<float> values;
    for (auto at = i; at < table.values.size() && values.size() <= kMostClasses; at += table.columns.size())
      values.insert(table.values[at]);
    const bool whole = std::all_of(values.begin(), values.end(), [](float x) { return x == std::floor(x); });
    if (whole && values.size() > 1 && values.size() <= kMostClasses)
      notes.push_back("read as a feature, with " + std::to_string(values.size()) + " whole values: \"" +
                      table.columns[i] + "\"; if these are classes: \"label\": \"" + table.columns[i] + "\"");
  }
}

/// Class numbers that no row has, such as 0 where classes count from 1.
void add_unused_class_note(const Tensor& labels, std::vector<std::string>& notes) {
  constexpr std::int64_t kMostClasses = 1000;
  if (!labels.defined() || labels.numel() == 0 || labels.max().item<std::int64_t>() >= kMostClasses) return;
  const auto counts = at::bincount(labels);
  const auto unused = (counts == 0).nonzero().flatten();
  if (unused.numel() > 0)
    notes.push_back("the classes are " + std::to_string(labels.min().item<std::int64_t>()) + " to " +
                    std::to_string(counts.numel() - 1) + ", and no row is of class " +
                    std::to_string(unused[0].item<std::int64_t>()) +
                    (unused.numel() > 1 ? " and " + std::to_string(unused.numel() - 1) + " others" : ""));
}

/// Whether tables call their index so.
bool is_index_name(const std::string& column) {
  const auto name = in_lower_case(column);
  for (const std::string_view index : {"unnamed: 0", "index", "id", "row", "row_id", "rowid", "row id"})
    if (name == index) return true;
  return false;
}

/// Columns that are hardly what one wants to learn from: constant ones, those that count the rows, and whole
/// numbers that are called an index.
void add_column_notes(const CsvTable& table, std::vector<std::string>& notes) {
  constexpr std::int64_t kFewRows = 4;
  if (table.rows < kFewRows) return;
  const auto width = table.columns.size();
  std::vector<bool> constant(width, true), counting(width, true), whole(width, true);
  for (std::size_t i = 0; i < table.values.size(); ++i) {
    if (table.values[i] != std::floor(table.values[i])) whole[i % width] = false;
    if (i < width) continue;
    const auto step = table.values[i] - table.values[i - width];
    if (step != 0) constant[i % width] = false;
    if (step != 1) counting[i % width] = false;
  }
  std::vector<std::string> constants, counts, indices;
  for (std::size_t i = 0; i < width; ++i) {
    const auto& name = table.columns[i];
    if (constant[i])
      constants.push_back(name);
    else if (counting[i])
      counts.push_back(name);
    else if (whole[i] && (is_index_name(name) || (table.has_header && name == "0")))
      indices.push_back(name);
  }
  if (!constants.empty()) notes.push_back("the same value in every row: " + quoted_list(constants));
  if (!counts.empty())
    notes.push_back("counts the rows: " + quoted_list(counts) +
                    "; if it is an index, leave it out: \"ignore\": [\"" + counts.front() + "\"]");
  if (!indices.empty())
    notes.push_back("read as a feature although it is called as indices are: " + quoted_list(indices) +
                    "; leave it out: \"ignore\": [\"" + indices.front() + "\"]");
}

}  // namespace

Data Csv::open() const {
  require_files({{"files", config_.files}, {"test_files", config_.test_files}});
  const auto format = format_of(config_);
  auto train = read_tables(config_.files, format);
  const auto names = class_names(train);
  const auto shape = config_.shape.value_or(Shape{static_cast<std::int64_t>(train.columns.size())});
  const auto& first = config_.files.front();
  Data data{.name = "csv", .train = table_rows(train, shape, names, first), .origin = first};
  data.files = config_.files;
  data.class_names = names;
  data.label = train.label;
  auto notes = train.notes;
  add_label_note(train, notes);
  add_unused_class_note(data.train.labels(), notes);
  if (!config_.shape) {
    data.columns = train.columns;
    add_column_notes(train, notes);
    add_class_notes(train, notes);
  }
  for (const auto& note : notes) data.notes.push_back(first + ": " + note);
  if (config_.test_files.empty()) return data;
  auto test = read_tables(config_.test_files, format);
  require_same_columns(test, config_.test_files.front(), train, first);
  for (const auto& note : test.notes)
    if (std::find(train.notes.begin(), train.notes.end(), note) == train.notes.end())
      data.notes.push_back(config_.test_files.front() + ": " + note);
  data.test = table_rows(test, shape, names, config_.test_files.front());
  data.files.insert(data.files.end(), config_.test_files.begin(), config_.test_files.end());
  return data;
}

void Digits::Config::fields(Fields& f) { known_as_path(f("folder", folder, kFolderHelp)); }

Data Digits::open() const {
  constexpr std::size_t kPixels = 64;
  constexpr float kBrightest = 16;
  const auto path =
      find_folder("digits", config_.folder, "digits.csv", shipped_data() / "digits") / "digits.csv.gz";
  auto table =
      read_csv(path, {.delimiter = ',', .decimal = '.', .header = false, .label = std::to_string(kPixels)});
  for (std::size_t i = 0; i < table.values.size(); ++i) {
    auto& value = table.values[i];
    if (value < 0 || value > kBrightest || value != std::floor(value))
      throw Error(path.string() + ":" + std::to_string(i / kPixels + 1) + ": column " +
                  std::to_string(i % kPixels) + " is not a whole number from 0 to 16");
    value /= kBrightest;
  }
  Data data{.name = "digits", .train = table_rows(table, {1, 8, 8}, {}, path), .origin = path.string()};
  data.files = {path.string()};
  return data;
}

}  // namespace aelab
