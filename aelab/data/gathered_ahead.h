#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

#include "aelab/data/dataset.h"

namespace aelab {

/// Makes batches in a background thread before they are requested, at most `kAhead` of them. Requests that
/// are not consecutive restart it at the batch that is requested.
class GatheredAhead {
 public:
  GatheredAhead(std::function<Batch(std::int64_t)> gather, std::int64_t count);
  GatheredAhead(const GatheredAhead&) = delete;
  GatheredAhead& operator=(const GatheredAhead&) = delete;
  ~GatheredAhead();

  /// Throws what gathering it threw.
  Batch take(std::int64_t i);

 private:
  static constexpr std::size_t kAhead = 3;
  struct Made {
    Batch batch = {};
    std::exception_ptr failure = {};
  };

  std::function<Batch(std::int64_t)> gather_;
  std::int64_t count_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Made> made_;
  std::int64_t first_ = 0;  ///< the batch that made_ begins with
  std::int64_t times_ = 0;  ///< that it was restarted
  bool stopped_ = false;
  std::thread thread_;  ///< last: it uses all of the above

  void work();
};

}  // namespace aelab
