#include "aelab/data/batches.h"

#include <ATen/ATen.h>

#include "aelab/core/random.h"

namespace aelab {

Batch Batches::operator[](std::int64_t i) const {
  const auto begin = i * size_, end = std::min(begin + size_, dataset_.size());
  return order_.defined() ? dataset_.gather(order_.slice(0, begin, end)) : dataset_.range(begin, end);
}

Tensor shuffled_order(std::int64_t rows, std::int64_t seed, std::int64_t epoch) {
  return at::randperm(rows, random_generator(seed, "shuffle", {.epoch = epoch}), at::kLong);
}

}  // namespace aelab
