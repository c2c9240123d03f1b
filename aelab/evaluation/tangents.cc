#include "aelab/evaluation/tangents.h"

#include <ATen/ATen.h>

#include "aelab/data/batches.h"

namespace aelab {
namespace {

constexpr std::int64_t kTangentNumbersAtOnce = std::int64_t{1} << 24;
constexpr double kLeastSpread = 1e-10;  // squared, relative to the largest direction's: less is rounding

/// The first principal directions of rows [batch, rows, features], as Tangents::at returns them.
Tensor principal_directions(const Tensor& rows, std::int64_t dimensions) {
  const auto centerd = rows - rows.mean(1, /*keepdim=*/true);
  const auto columns = centerd.transpose(1, 2);
  const auto [values, vectors] = at::linalg_eigh(at::matmul(centerd, columns));  // ascending
  const auto spread = values.flip(1).slice(1, 0, dimensions).unsqueeze(1);
  const auto directions = at::matmul(columns, vectors.flip(2).slice(2, 0, dimensions));
  const auto spans = spread > kLeastSpread * spread.slice(2, 0, 1);
  const auto unit = at::where(spans, directions / spread.sqrt(), at::zeros({}, rows.options()));
  return at::constant_pad_nd(unit, {0, dimensions - unit.size(2)});
}

}  // namespace

Tangents::Tangents(Dataset rows, std::int64_t neighbors, std::int64_t dimensions)
    : rows_(std::move(rows)),
      neighbors_(std::min(neighbors, rows_.size())),
      dimensions_(dimensions),
      origin_(rows_.range(0, 1).inputs.flatten()) {}

Tensor Tangents::nearest(const Tensor& x) const {
  constexpr std::int64_t kRows = 4096;
  const Batches blocks(rows_, kRows);
  const auto from = x - origin_;
  Tensor distances = at::empty({x.size(0), 0}), places = at::empty({x.size(0), 0}, at::kLong);
  for (std::int64_t i = 0; i < blocks.count(); ++i) {
    const auto rows = blocks[i].inputs.flatten(1) - origin_;
    const auto next = at::addmm(rows.square().sum(1), from, rows.t(), 1, -2);  // but for the square of `from`
    const auto next_places = (i * kRows + at::arange(rows.size(0), at::kLong)).expand_as(next);
    const auto all = at::cat({distances, next}, 1);
    const auto found = all.topk(std::min(neighbors_, all.size(1)), 1, /*largest=*/false);
    distances = std::get<0>(found);
    places = at::cat({places, next_places}, 1).gather(1, std::get<1>(found));
  }
  return places;
}

Tensor Tangents::directions(const Tensor& places) const {
  const auto rows = rows_.gather(places.flatten()).inputs.flatten(1).to(at::kDouble);
  const auto each = rows.view({places.size(0), places.size(1), rows.size(1)});
  return principal_directions(each, dimensions_).to(at::kFloat);
}

Tensor Tangents::at(const Tensor& x) const {
  const auto flat = x.flatten(1).cpu();
  const auto at_once = std::max<std::int64_t>(1, kTangentNumbersAtOnce / (neighbors_ * flat.size(1)));
  std::vector<Tensor> tangents;
  for (const auto& places : nearest(flat).split(at_once)) tangents.push_back(directions(places));
  return at::cat(tangents);
}

}  // namespace aelab
