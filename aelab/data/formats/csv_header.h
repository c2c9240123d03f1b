#pragma once

#include <functional>
#include <vector>

#include "aelab/data/formats/csv_rows.h"

namespace aelab {

/// What the first row of a table is, as far as it can be told.
enum class FirstRow {
  names,    ///< no field is a number or a truth value
  values,   ///< all are; or some are, and the second row has the same text in a column
  unclear,  ///< some are otherwise; or all are, but in this row alone they are years, or evenly spaced
};

/// Judges the first row by itself and by the second one, which is empty where there is none.
FirstRow judge_first_row(const std::vector<CsvField>& first, const std::vector<CsvField>& second,
                         const std::function<bool(const CsvField&)>& is_number);

}  // namespace aelab
