#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "aelab/data/formats/column_type.h"

namespace aelab {

/// The points that rows of a data set are made of. Where the rows are those of a table, each is one point;
/// windows are points of one series that follow each other. Dataset::spans() says which points a row has.
///
/// Points are in the order of the table, or of windows: by series, and by time within each.
struct Series {
  /// [points] float64: what the column of times says, dates in seconds since 1970; undefined without one.
  at::Tensor times = {};
  /// [points] float64: where a split by time sees a point: its time or, of windows without times, its share
  /// of the points of its series, in (0, 1). Undefined where the order of the points means nothing.
  at::Tensor order = {};
  /// [points] int64: the series that a point is of, by its place in `group_names`; undefined: of one series.
  at::Tensor groups = {};
  std::vector<std::string> group_names = {};
  /// Whether the series are the files that the points are from, for want of a column that tells them apart.
  bool groups_are_files = false;
  /// [points] int64, of windows: the stretch without a gap that a point is of, in ascending order.
  at::Tensor pieces = {};
  at::Tensor rows = {};    ///< [points] int64: the row of the source that a point is
  at::Tensor labels = {};  ///< [points] int64; undefined without labels
  std::string time = {};   ///< the name of the column of times; "" without one
  std::string group = {};  ///< the name of the column that tells series apart; "" without one
  bool has_dates = false;  ///< whether times are dates
  /// What the channels of windows are, columns of a table; none where rows are points.
  ColumnTypes channels = {};
};

/// A time as a table has it: a date as ISO 8601 writes it, "2014-04-11T09:00:00", or a number.
std::string time_text(double time, bool is_date);

}  // namespace aelab
