#include "aelab/nn/threads.h"

#include <ATen/Parallel.h>

#include <algorithm>

#ifdef _OPENMP
#include <omp.h>
#endif

namespace aelab {
namespace {

/// The threads that a region asking for `wanted` gets. Without OpenMP in this file, what was asked for is
/// believed; check_seams() finds out what comes of it.
int team_size(int wanted) {
  int size = wanted;
#ifdef _OPENMP
  omp_set_dynamic(0);  // otherwise the size may change from one region to the next
#pragma omp parallel num_threads(wanted)
#pragma omp single
  size = omp_get_num_threads();
#endif
  return size;
}

}  // namespace

int settle_threads() {
  thread_local int settled = 0;
  const int wanted = at::get_num_threads();
  if (wanted == settled || at::in_parallel_region()) return wanted;
  settled = team_size(wanted);
  if (settled != wanted) at::set_num_threads(settled);
  return settled;
}

int use_threads(int wanted) {
  at::set_num_threads(wanted);
  return settle_threads();
}

std::int64_t threads_for(std::int64_t multiply_adds, std::int64_t available) {
  return std::clamp<std::int64_t>(multiply_adds / kMultiplyAddsPerThread, 1,
                                  std::max<std::int64_t>(available, 1));
}

}  // namespace aelab
