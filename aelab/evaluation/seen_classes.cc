#include "aelab/evaluation/seen_classes.h"

#include <ATen/ATen.h>

namespace aelab {

void SeenClasses::add(const Tensor& labels) {
  if (labels.numel() == 0) return;
  if (!first_) first_ = labels[0].item<std::int64_t>();
  differ_ = differ_ || labels.ne(*first_).any().item<bool>();
}

}  // namespace aelab
