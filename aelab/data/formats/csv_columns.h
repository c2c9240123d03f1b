#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "aelab/data/formats/csv.h"

namespace aelab {

/// The columns of a table that are read.
struct CsvColumns {
  std::vector<std::size_t> values;  ///< in the order in which they are read
  std::optional<std::size_t> label = {}, time = {}, group = {};
  std::vector<std::string> notes = {};  ///< how they differ from those of the model that they are read for
};

/// The place of the column of this name or, where there is none, this number. Error that begins with `where`
/// if there is no such column, or several.
std::size_t column_called(const std::vector<std::string>& names, const std::string& name,
                          const std::string& where, const std::string& hint = "");

/// The columns that `format` asks for, of a table with these names. Error that begins with `where` and names
/// columns that are missing or ambiguous; `hint` is a sentence to append, or "".
CsvColumns choose_columns(const std::vector<std::string>& names, const CsvFormat& format,
                          const std::string& where, const std::string& hint);

}  // namespace aelab
