#include "aelab/nn/thread_scope.h"

#include <ATen/Parallel.h>

#include <algorithm>

namespace aelab {

ThreadScope::ThreadScope(std::int64_t threads) : before_(at::get_num_threads()) {
  at::set_num_threads(static_cast<int>(threads));
}

ThreadScope::~ThreadScope() { at::set_num_threads(before_); }

std::int64_t threads_for(std::int64_t multiply_adds, std::int64_t available) {
  return std::clamp<std::int64_t>(multiply_adds / kMultiplyAddsPerThread, 1,
                                  std::max<std::int64_t>(available, 1));
}

}  // namespace aelab
