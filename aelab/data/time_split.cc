#include "aelab/data/time_split.h"

#include <ATen/ATen.h>

#include "aelab/data/series.h"

namespace aelab {

std::pair<Tensor, Tensor> ends_of_rows(const Dataset& rows) {
  const auto spans = rows.spans();
  const auto& order = rows.series()->order;
  const auto first = spans.select(1, 0).contiguous();
  return {order.index_select(0, first), order.index_select(0, first + spans.select(1, 1) - 1)};
}

TimeBorder divide_by_time(const Tensor& places, const Tensor& begins, const Tensor& ends,
                          std::int64_t count) {
  const auto rows = places.size(0);
  if (count == 0) return {places, places.slice(0, 0, 0)};
  if (count >= rows) return {places.slice(0, 0, 0), places};
  const auto border = std::get<0>(begins.sort())[rows - count - 1];
  return {places.masked_select(ends <= border), places.masked_select(begins > border)};
}

}  // namespace aelab
