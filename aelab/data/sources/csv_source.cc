#include "aelab/data/sources/csv_source.h"

#include <ATen/ATen.h>
#include <sys/mman.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <memory>
#include <set>

#include "aelab/core/error.h"
#include "aelab/core/text.h"
#include "aelab/data/formats/csv.h"
#include "aelab/data/formats/csv_faults.h"
#include "aelab/data/formats/csv_rows.h"
#include "aelab/data/places.h"
#include "aelab/data/sources/table_files.h"
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

/// Error that names the first column that differs.
void require_same_columns(const CsvTable& table, const std::string& file, const CsvTable& other,
                          const std::string& other_file) {
  const auto quoted = [](const CsvTable& of, std::size_t i) {
    return i < of.columns.size() ? '"' + of.columns[i] + '"' : std::string("missing");
  };
  for (std::size_t i = 0; i < std::max(table.columns.size(), other.columns.size()); ++i)
    if (quoted(table, i) != quoted(other, i))
      throw Error("the columns of " + file + " differ from those of " + other_file + ": feature " +
                  std::to_string(i) + " is " + quoted(table, i) + " instead of " + quoted(other, i));
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
    for (const auto& note : table.notes)
      if (known.insert(note).second) notes.push_back(files[i] + ": " + note);
    if (i == 0) {
      whole = std::move(table);
      continue;
    }
    require_same_columns(table, files[i], whole, files.front());
    append_table(whole, table);
  }
  return whole;
}

/// Moves the values to `to`, page by page, so that a large table is not in memory twice.
void move_values(std::vector<float>& values, float* to) {
  constexpr std::size_t kAtOnce = std::size_t{1} << 22, kPage = 4096;
  for (std::size_t begin = 0; begin < values.size(); begin += kAtOnce) {
    const auto count = std::min(kAtOnce, values.size() - begin);
    auto* from = values.data() + begin;
    std::copy_n(from, count, to + begin);
    void* page = from;
    std::size_t bytes = count * sizeof(float);
    if (std::align(kPage, kPage, page, bytes)) madvise(page, bytes / kPage * kPage, MADV_DONTNEED);
  }
  values = {};
}

/// Takes the values of the table into a tensor, which unlike a vector is aligned for matrix products.
Tensor values_of_table(CsvTable& table, Shape shape) {
  shape.insert(shape.begin(), table.rows);
  auto values = at::empty(shape);
  move_values(table.values, values.data_ptr<float>());
  return values;
}

Dataset table_rows(CsvTable& table, const Shape& shape, const std::vector<std::string>& names,
                   const std::string& file) {
  const auto columns = static_cast<std::int64_t>(table.columns.size());
  if (elements(shape) != columns)
    throw FieldError("shape", to_string(shape) + " has " + std::to_string(elements(shape)) +
                                  " values, a row of " + file + " has " + std::to_string(columns));
  return Dataset::from_tensors(values_of_table(table, shape), class_numbers(table, names, file));
}

}  // namespace

void Csv::Config::fields(Fields& f) {
  f.formerly({"train_files"});
  known_as_path(f("files", files, "a table, gzipped or not, or a list of tables"));
  f("test_files", test_files, "a table of test rows, or a list of tables");
  f("delimiter", delimiter,
    "character between two fields, \" \" for any number of spaces and tabs; default: detected among , ; | "
    "tab "
    "and spaces")
      .also_known_as({"sep", "separator", "delim"});
  f("decimal", decimal, "decimal sign, \".\" or \",\"; default: detected")
      .also_known_as({"decimal_point", "decimal_separator"});
  f("header", header, "whether the first row names the columns; default: detected")
      .also_known_as({"has_header", "names"});
  f("comment", comment, "beginning of lines to skip as comments; \"\" for none");
  f("skip_lines", skip_lines, "number of lines to skip at the beginning", at_least(0));
  f("label", label,
    "column of labels, by its name or its number from 0; whole numbers from 0 are class numbers, other "
    "values are class names");
  f("ignore", ignore, "columns to leave out, by name or number");
  f("missing", missing,
    "texts of missing values, besides empty cells; default: NA, N/A, NaN, null, None and ?")
      .also_known_as({"na_values", "missing_values", "null_values"});
  f("numeric", numeric, "columns of numbers, by name or number; default: detected");
  f("categorical", categorical,
    "columns whose texts or numbers are categories; default: those with more texts than numbers")
      .also_known_as({"categories", "categorical_features", "cat_features", "nominal"});
  f("flags", flags, "columns of 0 and 1, or of words for them").also_known_as({"binary", "booleans"});
  f("counts", counts, "columns of whole numbers from 0 that count something");
  f("dates", dates, "columns of dates; default: detected").also_known_as({"parse_dates", "datetimes"});
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
          .ignore = {config.ignore.begin(), config.ignore.end()},
          .numbers_only = config.shape.has_value(),
          .missing = config.missing,
          .kinds = kinds_of_columns(config.numeric, config.categorical, config.flags, config.counts,
                                    config.dates)};
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
  return format;
}

}  // namespace

Data Csv::open() const { return read(nullptr); }

Data Csv::open_like(const InputSchema& own) const { return read(&own); }

Data Csv::read(const InputSchema* own) const {
  return read_table_files({.source = "csv",
                           .files = config_.files,
                           .test_files = config_.test_files,
                           .format = format_of(config_),
                           .shape = config_.shape,
                           .read = read_csv},
                          own);
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
  for (auto& note : table_notes(train, format, /*features=*/!source.shape && !own))
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

void Digits::Config::fields(Fields& f) { known_as_path(f("folder", folder, kFolderHelp)); }

Data Digits::open() const {
  constexpr std::size_t kPixels = 64;
  constexpr float kBrightest = 16;
  const auto path =
      find_folder("digits", config_.folder, "digits.csv", shipped_data() / "digits") / "digits.csv.gz";
  auto table = read_csv(path, {.delimiter = ',',
                               .decimal = '.',
                               .header = false,
                               .label = std::to_string(kPixels),
                               .numbers_only = true});
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
