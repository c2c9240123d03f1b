#pragma once

namespace aelab {

/// Asks LibTorch for `wanted` threads (at least 1) and returns how many it will use: as many of them as a
/// parallel region of the calling thread really gets. Environments may grant fewer (OMP_THREAD_LIMIT,
/// OMP_DYNAMIC, OMP_MAX_ACTIVE_LEVELS), and oneDNN's results are wrong when a team is smaller than it asked
/// for.
int use_threads(int wanted);

/// The same for at::get_num_threads(), measured once for each number and each thread that asks: cheap enough
/// to be called before every operation. Inside a parallel region nothing is measured or changed.
int settle_threads();

}  // namespace aelab
