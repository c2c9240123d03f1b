#pragma once

#include "aelab/data/dataset.h"
#include "aelab/data/order.h"

namespace aelab {

class GatheredAhead;

/// A data set in batches, the last one perhaps smaller. Where rows do not rest in memory, the next batches
/// are gathered in the background; the result is the same.
class Batches {
 public:
  /// Batches of `size` rows, in the order of the set.
  Batches(Dataset dataset, std::int64_t size);
  Batches(Dataset dataset, Order order, std::optional<Chance> chance = {});

  std::int64_t count() const { return order_.count(); }
  /// Not thread-safe. Failure when its rows can no longer be read.
  Batch operator[](std::int64_t i) const;

 private:
  Dataset dataset_;
  Order order_;
  std::optional<Chance> chance_;
  std::shared_ptr<GatheredAhead> ahead_ = {};

  Batch gather(std::int64_t i) const;
};

/// A data set in batches of `size` rows, in another random order in each pass over it. Rows in memory are
/// shuffled together, and so are those of sets that would take up to 1 GiB of memory. Larger sets that stay
/// in their files are shuffled within a window of that size: 256 blocks of consecutive rows, chosen anew in
/// each pass, which stay in the system's cache as long as they are read from.
class ShuffledBatches {
 public:
  ShuffledBatches(Dataset dataset, std::int64_t size, std::int64_t seed, Share share = {});

  /// Those of a pass, counted over all phases, whose random transforms are drawn for it.
  Batches pass(std::int64_t pass) const;

 private:
  Dataset dataset_;
  std::int64_t size_, seed_;
  Share share_;
  Window window_;
};

}  // namespace aelab
