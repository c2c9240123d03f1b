#include "aelab/data/sources/csv_source.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "aelab/core/error.h"
#include "aelab/core/text.h"
#include "aelab/data/formats/csv.h"
#include "aelab/data/places.h"

namespace aelab {
namespace {

std::optional<std::int64_t> class_number(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
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
                  (names.empty() ? "\" is no class number" : "\" is none of those in train"));
    numbers.push_back(*number);
  }
  return at::tensor(numbers);
}

/// The tables of several files, one below the other.
CsvTable read_tables(const FileNames& files, const CsvFormat& format) {
  auto whole = read_csv(files.front(), format);
  for (std::size_t i = 1; i < files.size(); ++i) {
    auto table = read_csv(files[i], format);
    if (table.columns != whole.columns)
      throw Error(files[i] + ": its columns are not those of " + files.front());
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
  f("train_files", train_files, "table to train on, gzipped or not, or a list of tables");
  f("test_files", test_files, "table set apart for the test, or a list");
  f("delimiter", delimiter, "what stands between two fields: one character");
  f("header", header, "whether the first row names the columns; found out when left out");
  f("label", label,
    "column of labels, its name or its number from 0: class numbers where all are whole numbers from 0, else "
    "names");
  f("ignore", ignore, "columns that are left out, named alike");
  f("shape", shape, "of a row, such as [1, 28, 28]; [columns] when left out", at_least(1));
  f.require(!train_files.empty(), "train_files", "is missing: name a table");
  f.require(delimiter.size() == 1 && delimiter != "\"" && delimiter != "\n", "delimiter",
            "must be one character");
}

std::vector<Csv::Config> Csv::Config::examples() {
  return {{.train_files = shipped_data() / "digits" / "digits.csv.gz", .label = "64", .shape = {{1, 8, 8}}}};
}

Data Csv::open() const {
  require_files({{"train_files", config_.train_files}, {"test_files", config_.test_files}});
  const CsvFormat format{.delimiter = config_.delimiter.front(),
                         .header = config_.header,
                         .label = config_.label,
                         .ignore = config_.ignore};
  auto train = read_tables(config_.train_files, format);
  const auto names = class_names(train);
  const auto shape = config_.shape.value_or(Shape{static_cast<std::int64_t>(train.columns.size())});
  Data data{.name = "csv",
            .train = table_rows(train, shape, names, config_.train_files.front()),
            .origin = config_.train_files.front()};
  data.files = config_.train_files;
  data.class_names = names;
  if (config_.test_files.empty()) return data;
  auto test = read_tables(config_.test_files, format);
  if (test.columns != train.columns)
    throw Error("data.test_files: the columns of " + config_.test_files.front() + " are not those of " +
                config_.train_files.front());
  data.test = table_rows(test, shape, names, config_.test_files.front());
  data.files.insert(data.files.end(), config_.test_files.begin(), config_.test_files.end());
  return data;
}

void Digits::Config::fields(Fields& f) { f("folder", folder, kFolderHelp); }

Data Digits::open() const {
  constexpr std::size_t kPixels = 64;
  constexpr float kBrightest = 16;
  const auto path =
      find_folder("digits", config_.folder, "digits.csv", shipped_data() / "digits") / "digits.csv.gz";
  auto table = read_csv(path, {.header = false, .label = std::to_string(kPixels)});
  for (std::size_t i = 0; i < table.values.size(); ++i) {
    auto& value = table.values[i];
    if (value < 0 || value > kBrightest || value != std::floor(value))
      throw Error(path.string() + ":" + std::to_string(i / kPixels + 1) + ": column " +
                  std::to_string(i % kPixels) + " is no whole number from 0 to 16");
    value /= kBrightest;
  }
  Data data{.name = "digits", .train = table_rows(table, {1, 8, 8}, {}, path), .origin = path.string()};
  data.files = {path.string()};
  return data;
}

}  // namespace aelab
