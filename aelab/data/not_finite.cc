#include <ATen/ATen.h>

#include <cmath>

#include "aelab/data/dataset.h"

namespace aelab {

namespace {

constexpr std::int64_t kRowsLookedAt = 4096;  // at once

}  // namespace

bool are_finite(const Tensor& values, bool may_lack_cells) {
  if (values.numel() == 0) return true;
  if (may_lack_cells) return values.isinf().logical_not().all().item<bool>();
  const auto [least, most] = range_of(values);
  return std::isfinite(least) && std::isfinite(most);
}

std::string first_not_finite(const Batch& batch, const Where& where, bool may_lack_cells) {
  if (are_finite(batch.inputs, may_lack_cells)) return {};
  const auto flat = batch.inputs.flatten(1);
  const auto bad = (may_lack_cells ? flat.isinf() : at::isfinite(flat).logical_not()).nonzero();
  if (bad.size(0) == 0) return {};
  const auto row = batch.rows[bad[0][0].item<std::int64_t>()].item<std::int64_t>();
  return where(row) + ", value " + std::to_string(bad[0][1].item<std::int64_t>());
}

std::string first_not_finite(const Dataset& given) {
  const auto dataset = given.in_storage_order();
  for (std::int64_t begin = 0; begin < dataset.size(); begin += kRowsLookedAt) {
    const auto places = at::arange(begin, std::min(begin + kRowsLookedAt, dataset.size()), at::kLong);
    auto batch = dataset.gather(places);
    batch.rows = places;
    const auto found = first_not_finite(
        batch, [&](std::int64_t place) { return dataset.where(place); }, dataset.has_missing());
    if (!found.empty()) return found;
  }
  return {};
}

Dataset without_nan(const Dataset& dataset, std::function<void(const std::string& place)> refuse) {
  return dataset.inspected([refuse = std::move(refuse), may_lack_cells = dataset.has_missing()](
                               const Batch& rows, const Where& where) {
    if (const auto place = first_not_finite(rows, where, may_lack_cells); !place.empty()) refuse(place);
  });
}

}  // namespace aelab
