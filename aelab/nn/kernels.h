#pragma once

#include <span>
#include <string_view>

#include "aelab/core/fields.h"

namespace aelab {

/// What computes the products of dense layers.
enum class LinearKernel {
  automatic,  ///< this machine's rule
  libtorch,   ///< at::linear: MKL, in LibTorch's wheels
  onednn,     ///< oneDNN inside LibTorch, for large products of float32 on the CPU; at::linear for others
};
std::span<const std::string_view> names(LinearKernel);

/// What computes where we have kernels of our own (nn/direct_kernels.h).
enum class DirectKernel {
  automatic,  ///< this machine's rule
  libtorch,   ///< LibTorch's operators
  direct,     ///< our own, for float32 on the CPU (convolutions: with few channels); libtorch for others
};
std::span<const std::string_view> names(DirectKernel);

/// What computes the seams (nn/layers.h, nn/convolution.h, nn/cross_entropy.h). They differ in speed, and in
/// the last bits of what they compute: runs record theirs, and go on with them.
struct Kernels {
  LinearKernel linear = LinearKernel::automatic;
  DirectKernel convolution = DirectKernel::automatic;
  DirectKernel cross_entropy = DirectKernel::automatic;

  void fields(Fields& f);
  bool operator==(const Kernels&) const = default;
};

/// `wanted`, with this machine's rule in place of "auto". The rule asks for the processor's vendor and
/// instruction set and for what this LibTorch has, never for a measurement. Error where a kernel that is
/// named cannot be had.
Kernels resolve(const Kernels& wanted);
/// `wanted`, with this machine's rule also in place of kernels that cannot be had.
Kernels nearest(Kernels wanted);
/// `wanted`, with what was recorded in place of "auto".
Kernels settled(Kernels wanted, const Kernels& recorded);

/// Those in use, for the whole process; at first this machine's rule.
Kernels kernels();
/// Uses resolve(wanted) from now on, with threads that are really there (nn/threads.h), and checks each
/// kernel (nn/self_check.h). As at::set_num_threads: not while another thread computes. Error where a kernel
/// cannot be had or computes wrong results.
void use_kernels(const Kernels& wanted);

}  // namespace aelab
