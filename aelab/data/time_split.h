#pragma once

#include "aelab/data/dataset.h"

namespace aelab {

/// When rows begin and end, [rows] float64 each: Series::order of their first and last point.
std::pair<Tensor, Tensor> ends_of_rows(const Dataset& rows);

/// Rows before and behind a border in time.
struct TimeBorder {
  Tensor before;  ///< [n] int64: the places of rows that end at the border or before, in ascending order
  Tensor behind;  ///< [m] int64: those of rows that begin behind it, in ascending order
};

/// The border behind which `count` of the rows begin, or fewer where several begin at one time; of count 0,
/// the end. `places` are those of the rows that are divided, with their begins and ends, [n] each.
TimeBorder divide_by_time(const Tensor& places, const Tensor& begins, const Tensor& ends, std::int64_t count);

}  // namespace aelab
