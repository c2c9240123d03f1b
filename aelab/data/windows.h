#pragma once

#include <optional>

#include "aelab/data/dataset.h"

namespace aelab {

/// How windows are cut out of series.
struct WindowRules {
  std::int64_t length = 0, stride = 1;
  /// A larger step of time divides a series; unset: 1.5 times the median step of each series. In the units of
  /// the times, seconds of dates.
  std::optional<double> gap = {};
  /// Whether windows reach beyond the end of what a gap or a series' end cuts off: their missing points are
  /// NaN. Without it, what does not fill a window is left out.
  bool padding = false;
};

/// What was cut.
struct WindowCounts {
  std::int64_t series = 0, points = 0, gaps = 0;
  std::int64_t tied = 0;      ///< points that have the time of the one before them
  std::int64_t left_out = 0;  ///< points that are in no window
  std::int64_t longest = 0;   ///< points of the longest series without a gap
};

/// Windows [channels, length] of a table's rows [channels], which are points in time: those of each series
/// (Dataset::series()) in the order of their times, or of the rows where there are no times. No window has a
/// gap in it. The values rest in memory once, whatever the stride.
///
/// Windows have a Series of their own, whose points are in their order. A window's label is the largest one
/// of its points, in data of two classes whether any point is of class 1. `channels` are the table's columns.
/// Files that are series for want of a group column are one where they continue one another within the gap.
/// Error where the table has no rows.
Dataset windows_of(const Dataset& table, const ColumnTypes& channels, const WindowRules& rules,
                   WindowCounts& counts);

}  // namespace aelab
