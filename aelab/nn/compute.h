#pragma once

#include <cstdint>
#include <optional>

#include "aelab/nn/kernels.h"

namespace aelab {

/// How the calling thread computes: its number of threads and its kernels (nn/kernels.h). They hold until the
/// end of the scope, which restores the former ones. Scopes nest, and do not affect other threads, so that
/// models can be used and trained side by side in one process. The device is that of the tensors.
///
/// LibTorch gives a thread that it has not seen before the number of threads that was set last.
class Compute {
 public:
  /// With `threads` threads, or as many as before if unset, and with resolve(kernels). Throws an Error if a
  /// kernel is not available, or computes wrong results with these threads (nn/self_check.h).
  explicit Compute(std::optional<std::int64_t> threads, const Kernels& wanted = kernels());
  ~Compute();
  Compute(const Compute&) = delete;
  Compute& operator=(const Compute&) = delete;

  /// The number of threads in use: fewer than asked for where the environment grants fewer (nn/threads.h).
  int threads() const { return threads_; }

 private:
  int threads_before_, threads_;
  Kernels kernels_before_;
};

}  // namespace aelab
