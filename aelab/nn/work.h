#pragma once

#include <cstdint>

namespace aelab {

/// The multiply-adds that linear() and convolve() took on so far, in this process: those of gradients are
/// counted when their forward pass is. What `aelab bench` computes the least time of a step from.
std::int64_t multiply_adds();

/// Counts `forward` of them, once more for each gradient that will be asked for.
void count_multiply_adds(std::int64_t forward, bool input_gradient, bool weight_gradient);

}  // namespace aelab
