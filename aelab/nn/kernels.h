#pragma once

#include <span>
#include <string_view>

#include "aelab/core/fields.h"

namespace aelab {

/// Implementations of the products of dense layers.
enum class LinearKernel {
  automatic,  ///< by this machine's rule
  libtorch,   ///< at::linear: MKL, in LibTorch's wheels
  onednn,     ///< oneDNN inside LibTorch, for large products of float32 on the CPU; at::linear for others
};
std::span<const std::string_view> names(LinearKernel);

/// Implementations of operations for which aelab has kernels (nn/direct_kernels.h).
enum class DirectKernel {
  automatic,  ///< this machine's rule
  libtorch,   ///< LibTorch's operators
  direct,     ///< aelab's, for float32 on the CPU (convolutions: with few channels); libtorch for others
};
std::span<const std::string_view> names(DirectKernel);

/// Implementations of the three seams (nn/layers.h, nn/convolution.h, nn/cross_entropy.h). They differ in
/// speed and in the last bits of their results: runs record theirs, and resume with them.
struct Kernels {
  LinearKernel linear = LinearKernel::automatic;
  DirectKernel convolution = DirectKernel::automatic;
  DirectKernel cross_entropy = DirectKernel::automatic;

  void fields(Fields& f);
  bool operator==(const Kernels&) const = default;
};

/// `wanted`, with the choice of this machine's rule in place of "auto". The rule depends on the processor's
/// vendor and instruction set and on this LibTorch, never on a measurement. Throws an Error if a kernel that
/// is named is not available.
Kernels resolve(const Kernels& wanted);
/// `wanted`, with the rule's choice in place of "auto" and of kernels that are not available.
Kernels nearest(Kernels wanted);
/// `wanted`, with the recorded kernels in place of "auto".
Kernels settled(Kernels wanted, const Kernels& recorded);

/// The kernels that the calling thread uses: those of the innermost Compute (nn/compute.h), otherwise those
/// of this machine's rule.
Kernels kernels();

}  // namespace aelab
