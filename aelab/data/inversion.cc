#include "aelab/data/inversion.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace aelab {

Inversion::Inversion(Transforms transforms, const Shape& source, std::int64_t first)
    : transforms_(std::move(transforms)), shapes_({source}), kept_(transforms_.size()), first_(first) {
  for (const auto& transform : transforms_) shapes_.push_back(transform->shape(shapes_.back()));
  const bool apart = std::all_of(transforms_.begin(), transforms_.end(),
                                 [](const auto& transform) { return transform->keeps_features(); });
  while ((first == 0 || apart) && kept_ > 0 && transforms_[kept_ - 1]->invertible()) --kept_;
  shape_ = shapes_[kept_];
  if (first > 0) shape_ = {elements(shape_) - first};
}

Tensor Inversion::operator()(const Tensor& changed) const {
  auto rows = changed.to(at::kCPU);
  if (first_ > 0) rows = at::constant_pad_nd(rows.flatten(1), {first_, 0});
  for (auto i = transforms_.size(); i > kept_; --i) rows = transforms_[i - 1]->invert(rows, shapes_[i - 1]);
  return first_ > 0 ? rows.narrow(1, first_, rows.size(1) - first_).contiguous() : rows;
}

bool Inversion::keeps_features() const {
  return std::all_of(transforms_.begin(), transforms_.begin() + static_cast<std::ptrdiff_t>(kept_),
                     [](const auto& transform) { return transform->keeps_features(); });
}

}  // namespace aelab
