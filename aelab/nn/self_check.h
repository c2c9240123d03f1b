#pragma once

namespace aelab {

/// Computes a small example by each kernel in use (nn/kernels.h) and compares it with LibTorch's own
/// operators: a few dozen microseconds, once for each choice of kernels and number of threads. Error that
/// names the seam and its remedy where the two differ by more than rounding.
void check_seams();

}  // namespace aelab
