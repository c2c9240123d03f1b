#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "aelab/data/formats/csv.h"

namespace aelab {

/// A class number as programs write it. "01" is a name: it may mean something else than "1".
std::optional<std::int64_t> class_number(const std::string& text);

/// What looks odd in a table that was read in this format, with what to write in a run file: labels that may
/// not be classes and, where the columns are `features`, columns that hardly help to learn: constant ones,
/// those that count the rows, indices, and classes that are not read as labels.
std::vector<std::string> table_notes(const CsvTable& table, const CsvFormat& format, bool features);

}  // namespace aelab
