#include "aelab/data/sources/parquet_source.h"

#include "aelab/data/formats/parquet_table.h"
#include "aelab/data/places.h"
#include "aelab/data/sources/table_files.h"

namespace aelab {

void Parquet::Config::fields(Fields& f) {
  known_as_path(f("files", files, "a Parquet file, or a list of them"));
  f("test_files", test_files, "a Parquet file of test rows, or a list of them");
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
    "strings of missing values, besides null, NaN and empty ones; default: NA, N/A, NaN, null, None and ?")
      .also_known_as({"na_values", "missing_values", "null_values"});
  f("numeric", numeric, "columns of numbers, by name or number; default: those that are stored as numbers");
  f("categorical", categorical,
    "columns whose strings or numbers are categories; default: those that are stored as strings or in a "
    "dictionary")
      .also_known_as({"categories", "categorical_features", "cat_features", "nominal"});
  f("flags", flags, "columns of 0 and 1, or of words for them; default: those that are stored as booleans")
      .also_known_as({"binary", "booleans"});
  f("counts", counts, "columns of whole numbers from 0 that count something");
  f("dates", dates, "columns of dates; default: those that are stored as dates, or as strings of dates")
      .also_known_as({"parse_dates", "datetimes"});
  f("shape", shape, "shape of a row, such as [1, 28, 28]; default: [columns]", at_least(1));
  f.require(!files.empty(), "files", "is missing: name a Parquet file");
}

std::vector<Parquet::Config> Parquet::Config::examples() {
  return {{.files = {"january.parquet", "february.parquet"}, .label = "state", .counts = {"visits"}}};
}

Data Parquet::open() const { return read(nullptr); }

Data Parquet::open_like(const InputSchema& own) const { return read(&own); }

Data Parquet::read(const InputSchema* own) const {
  const CsvFormat format = {.label = config_.label,
                            .time = config_.time,
                            .group = config_.group,
                            .ignore = {config_.ignore.begin(), config_.ignore.end()},
                            .numbers_only = config_.shape.has_value(),
                            .missing = config_.missing,
                            .kinds = kinds_of_columns(config_.numeric, config_.categorical, config_.flags,
                                                      config_.counts, config_.dates)};
  return read_table_files({.source = std::string(Config::kind),
                           .files = config_.files,
                           .test_files = config_.test_files,
                           .format = format,
                           .shape = config_.shape,
                           .read = read_parquet},
                          own);
}

}  // namespace aelab
