#include "aelab/data/batches.h"

#include <algorithm>

#include "aelab/data/gathered_ahead.h"

namespace aelab {
namespace {

/// All rows, or as many as fit 1 GiB of floats.
Window window_for(const Dataset& dataset) {
  constexpr std::int64_t kBlocks = 256, kBlockValues = 1 << 20;
  if (dataset.size() == 0 || dataset.in_memory()) return {};
  const auto rows = std::max<std::int64_t>(1, kBlockValues / elements(dataset.shape()));
  return dataset.size() <= kBlocks * rows ? Window{} : Window{.rows = rows, .blocks = kBlocks};
}

}  // namespace

Batches::Batches(Dataset dataset, std::int64_t size) : Batches(dataset, Order(dataset.size(), size)) {}

Batches::Batches(Dataset dataset, Order order, std::optional<Chance> chance)
    : dataset_(std::move(dataset)), order_(std::move(order)), chance_(std::move(chance)) {
  if (dataset_.in_memory() || count() < 2) return;
  ahead_ =
      std::make_shared<GatheredAhead>([whole = *this](std::int64_t i) { return whole.gather(i); }, count());
}

Batch Batches::operator[](std::int64_t i) const { return ahead_ ? ahead_->take(i) : gather(i); }

Batch Batches::gather(std::int64_t i) const { return dataset_.gather(order_.rows(i), chance_); }

ShuffledBatches::ShuffledBatches(Dataset dataset, std::int64_t size, std::int64_t seed, Share share)
    : dataset_(std::move(dataset)), size_(size), seed_(seed), share_(share), window_(window_for(dataset_)) {
  if (window_.rows > 0) dataset_ = dataset_.in_storage_order();  // so that blocks are read as they are stored
}

Batches ShuffledBatches::pass(std::int64_t pass) const {
  return {dataset_, Order(dataset_.size(), size_, Shuffle{seed_, pass, window_}, share_),
          Chance{seed_, pass}};
}

}  // namespace aelab
