#pragma once

#include <chrono>
#include <map>

#include "aelab/data/batches.h"

namespace aelab {

/// The shuffled batches of every pass over a data set, for one training or for several that take the same
/// ones: each batch is read, decoded, transformed and copied to the device once. Not thread-safe.
class BatchStream {
 public:
  BatchStream(Dataset dataset, std::int64_t size, std::int64_t seed, at::Device device = at::kCPU)
      : batches_(std::move(dataset), size, seed), device_(device) {}

  struct Taken {
    std::vector<Batch> batches;
    /// The time that whoever took them first waited for them; zero for the first itself.
    std::chrono::steady_clock::duration waited_before{};
  };
  /// Batches `begin` to `end` - 1 of a pass. All that lie before them are forgotten, so the training that is
  /// furthest behind has to take its batches next. Batches that were forgotten are read again. Failure when
  /// rows can no longer be read.
  Taken take(std::int64_t pass, std::int64_t begin, std::int64_t end);

 private:
  struct Kept {
    Batch batch;
    std::chrono::steady_clock::duration waited;
  };
  using Place = std::pair<std::int64_t, std::int64_t>;  // pass and batch

  ShuffledBatches batches_;
  at::Device device_;
  std::optional<Batches> of_pass_ = {};
  std::int64_t pass_ = -1;  // that of_pass_ is of
  std::map<Place, Kept> kept_ = {};

  Kept read(const Place& place);
};

}  // namespace aelab
