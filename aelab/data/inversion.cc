#include "aelab/data/inversion.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace aelab {

Inversion::Inversion(Transforms transforms, const Shape& source)
    : transforms_(std::move(transforms)), shapes_({source}), kept_(transforms_.size()) {
  for (const auto& transform : transforms_) shapes_.push_back(transform->shape(shapes_.back()));
  while (kept_ > 0 && transforms_[kept_ - 1]->invertible()) --kept_;
}

Tensor Inversion::operator()(const Tensor& changed) const {
  auto rows = changed.to(at::kCPU);
  for (auto i = transforms_.size(); i > kept_; --i) rows = transforms_[i - 1]->invert(rows, shapes_[i - 1]);
  return rows;
}

bool Inversion::keeps_features() const {
  return std::all_of(transforms_.begin(), transforms_.begin() + static_cast<std::ptrdiff_t>(kept_),
                     [](const auto& transform) { return transform->keeps_features(); });
}

}  // namespace aelab
