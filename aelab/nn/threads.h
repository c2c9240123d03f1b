#pragma once

#include <cstdint>

namespace aelab {

/// Asks LibTorch for `wanted` threads (at least 1) and returns how many it will use: as many of them as a
/// parallel region of the calling thread really gets. Environments may grant fewer (OMP_THREAD_LIMIT,
/// OMP_DYNAMIC, OMP_MAX_ACTIVE_LEVELS), and oneDNN's results are wrong when a team is smaller than it asked
/// for.
int use_threads(int wanted);

/// use_threads() of at::get_num_threads(), measured once for each number and each thread that asks: cheap
/// enough to be called before every operation. Inside a parallel region nothing is measured or changed.
int settle_threads();

/// The number of threads, at most `available`, for batches of this many multiply-adds: one for each
/// kMultiplyAddsPerThread. For less work, threads cost more time to start and to wait for than they save,
/// most of all on a machine that has other work to do.
std::int64_t threads_for(std::int64_t multiply_adds, std::int64_t available);
constexpr std::int64_t kMultiplyAddsPerThread = 8'000'000;

}  // namespace aelab
