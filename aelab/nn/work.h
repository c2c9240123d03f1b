#pragma once

#include <cstdint>

namespace aelab {

/// The multiply-adds of linear() and convolve() that this thread has called so far, whatever others compute;
/// those of gradients are counted with their forward pass. The basis of `aelab bench` and of the default
/// number of threads.
std::int64_t multiply_adds();

/// Counts `forward` of them, and as many for each gradient that will be computed.
void count_multiply_adds(std::int64_t forward, bool input_gradient, bool weight_gradient);

}  // namespace aelab
