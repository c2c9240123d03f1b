#include "aelab/data/gathered_ahead.h"

#include <ATen/Parallel.h>

#include "aelab/nn/compute.h"

namespace aelab {

GatheredAhead::GatheredAhead(std::function<Batch(std::int64_t)> gather, std::int64_t count)
    : gather_(std::move(gather)), count_(count) {
  (void)at::get_num_threads();  // of this thread, before the other one sets its own
  thread_ = std::thread([this, used = kernels()] {
    const Compute compute(/*threads=*/1, used);  // the other threads are at work on the batch before
    work();
  });
}

GatheredAhead::~GatheredAhead() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Batch GatheredAhead::take(std::int64_t i) {
  std::unique_lock lock(mutex_);
  if (i != first_) {
    made_.clear();
    first_ = i;
    ++times_;
    changed_.notify_all();
  }
  changed_.wait(lock, [this] { return !made_.empty(); });
  const auto made = std::move(made_.front());
  made_.pop_front();
  ++first_;
  changed_.notify_all();
  if (made.failure) std::rethrow_exception(made.failure);
  return made.batch;
}

void GatheredAhead::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto next = [this] { return first_ + static_cast<std::int64_t>(made_.size()); };
    changed_.wait(lock, [&] { return stopped_ || (made_.size() < kAhead && next() < count_); });
    if (stopped_) return;
    const auto i = next(), times = times_;
    lock.unlock();
    Made made;
    try {
      made.batch = gather_(i);
    } catch (...) {
      made.failure = std::current_exception();
    }
    lock.lock();
    if (times != times_) continue;  // meanwhile another was asked for
    made_.push_back(std::move(made));
    changed_.notify_all();
  }
}

}  // namespace aelab
