#include "aelab/nn/kernels.h"

#include <ATen/Context.h>

#include <array>
#include <atomic>
#include <fstream>
#include <string>

#include "aelab/core/error.h"
#include "aelab/nn/direct_network.h"
#include "aelab/nn/product.h"

namespace aelab {

std::span<const std::string_view> names(LinearKernel) {
  static constexpr std::array<std::string_view, 3> kNames = {"auto", "libtorch", "onednn"};
  return kNames;
}

std::span<const std::string_view> names(ConvolutionKernel) {
  static constexpr std::array<std::string_view, 3> kNames = {"auto", "libtorch", "direct"};
  return kNames;
}

void Kernels::fields(Fields& f) {
  f("linear", linear, "products of dense layers; auto: by processor and LibTorch, see aelab doctor");
  f("convolution", convolution,
    "convolutional networks; auto: our own where the processor has AVX2 or AVX-512");
}

namespace {

/// MKL keeps its fast paths for its maker's processors: on AMD's, oneDNN in the same library does more than
/// twice as much (2048^3 in float32, 2 threads with AVX-512: 460 against 205 GFLOP/s).
bool mkl_is_held_back() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("vendor_id")) return line.ends_with("AuthenticAMD");
  return false;
}

LinearKernel linear_rule() {
  static const bool onednn =
      mkl_is_held_back() && at::get_cpu_capability() != "DEFAULT" && has_onednn_product();
  return onednn ? LinearKernel::onednn : LinearKernel::libtorch;
}

bool can_be_had(LinearKernel kernel) { return kernel != LinearKernel::onednn || has_onednn_product(); }
bool can_be_had(ConvolutionKernel kernel) {
  return kernel != ConvolutionKernel::direct || has_direct_convolution();
}

template <class Kernel>
void require(Kernel kernel, std::string_view seam) {
  if (!can_be_had(kernel))
    throw Error(
        "training.kernels." + std::string(seam) + ": \"" + std::string(name_of(kernel)) +
        "\" cannot be had with this processor and LibTorch; use \"libtorch\", whose results differ in "
        "their last bits");
}

/// This machine's rule until others are asked for.
std::atomic<Kernels>& in_use() {
  static std::atomic<Kernels> kernels = nearest({});
  return kernels;
}

}  // namespace

Kernels resolve(const Kernels& wanted) {
  require(wanted.linear, "linear");
  require(wanted.convolution, "convolution");
  return nearest(wanted);
}

Kernels nearest(Kernels wanted) {
  if (wanted.linear == LinearKernel::automatic || !can_be_had(wanted.linear)) wanted.linear = linear_rule();
  if (wanted.convolution == ConvolutionKernel::automatic || !can_be_had(wanted.convolution))
    wanted.convolution = has_direct_convolution() ? ConvolutionKernel::direct : ConvolutionKernel::libtorch;
  return wanted;
}

Kernels settled(Kernels wanted, const Kernels& recorded) {
  if (wanted.linear == LinearKernel::automatic) wanted.linear = recorded.linear;
  if (wanted.convolution == ConvolutionKernel::automatic) wanted.convolution = recorded.convolution;
  return wanted;
}

Kernels kernels() { return in_use(); }

void use_kernels(const Kernels& wanted) { in_use() = resolve(wanted); }

}  // namespace aelab
