#pragma once

#include <filesystem>

#include "aelab/data/formats/csv.h"

namespace aelab {

/// Reads a table from a Parquet file as read_csv() does from a CSV file. Of `format`, only what concerns
/// columns counts: label, ignore, columns, numbers_only, missing, kinds, types, new_categories. Numbers are
/// numeric; a column of true and false is a flag, a dictionary one of categories, dates and timestamps are
/// dates, in UTC where they have a time zone. Strings are judged as the texts of a CSV file are: flags, dates
/// or categories, and by `missing` missing values; numbers in strings are categories, unless `format` gives
/// them another kind. Nulls and NaN are missing values. Memory is that of the table and of one block of rows.
/// pandas' index without a name is left out. Error names the file, the row, counted from 0, and the column,
/// as read_csv() does; lists, structs, maps, bytes and times of day, unless they are left out; what cannot be
/// read (parquet_file.h).
CsvTable read_parquet(const std::filesystem::path& path, const CsvFormat& format);

}  // namespace aelab
