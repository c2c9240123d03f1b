#include "aelab/data/sources/csv_source.h"

#include <cmath>

#include "aelab/core/error.h"
#include "aelab/data/formats/csv.h"
#include "aelab/data/places.h"
#include "aelab/data/sources/table_files.h"

namespace aelab {

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
  f("time", time,
    "column of times, by name or number: dates, or numbers; rows are then split by time, and windows follow "
    "it")
      .also_known_as({"timestamp", "time_column", "date_column", "datetime", "index", "index_col", "ds"});
  f("group", group, "column that tells several series apart, by name or number")
      .also_known_as({"group_column", "groups", "series", "entity", "id_column", "unique_id"});
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
          .time = config.time,
          .group = config.group,
          .ignore = {config.ignore.begin(), config.ignore.end()},
          .numbers_only = config.shape.has_value(),
          .missing = config.missing,
          .kinds = kinds_of_columns(config.numeric, config.categorical, config.flags, config.counts,
                                    config.dates)};
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
