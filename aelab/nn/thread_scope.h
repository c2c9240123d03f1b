#pragma once

#include <cstdint>

namespace aelab {

/// Sets the number of threads of LibTorch's operators and of our kernels, and restores the former number at
/// the end of the scope.
class ThreadScope {
 public:
  explicit ThreadScope(std::int64_t threads);
  ~ThreadScope();
  ThreadScope(const ThreadScope&) = delete;
  ThreadScope& operator=(const ThreadScope&) = delete;

 private:
  int before_;
};

/// The number of threads, at most `available`, for batches of this many multiply-adds: one for each
/// kMultiplyAddsPerThread. For less work, threads cost more time to start and to wait for than they save,
/// most of all on a machine that has other work to do.
std::int64_t threads_for(std::int64_t multiply_adds, std::int64_t available);
constexpr std::int64_t kMultiplyAddsPerThread = 8'000'000;

}  // namespace aelab
