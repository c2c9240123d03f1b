#include "aelab/core/memory.h"

#include <sys/resource.h>

#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace aelab {

void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int kMapFrom = 1 << 30;  // bytes; smaller blocks come from the heap, which stays
  constexpr int kGrowBy = 64 << 20;  // bytes
  mallopt(M_MMAP_THRESHOLD, kMapFrom);
  mallopt(M_TRIM_THRESHOLD, -1);
  mallopt(M_TOP_PAD, kGrowBy);
#endif
}

std::int64_t peak_memory() {
  constexpr std::int64_t kUnit = 1024;  // getrusage counts in it on Linux
  rusage usage = {};
  return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss * kUnit : 0;
}

}  // namespace aelab
