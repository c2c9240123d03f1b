#pragma once

#include "aelab/nn/convolution.h"

namespace aelab {

/// Whether our own kernels take these layers, and are the faster way: float32 on the CPU; few channels; ReLU
/// or no activation; not where x itself is what will be differentiated by, since its second derivatives come
/// from LibTorch's operators.
bool suits_direct(const std::vector<ImageLayer>& layers, const at::Tensor& x);

/// convolve() by our own kernels: 16 samples (8 with AVX2) go side by side in the processor's vectors,
/// through the whole network before the next 16 come, so that they stay in its caches. LibTorch's operators
/// are bound by memory here: with 1 to 16 channels, layers do little work for each number that they move.
at::Tensor convolve_directly(const std::vector<ImageLayer>& layers, const at::Tensor& x);

}  // namespace aelab
