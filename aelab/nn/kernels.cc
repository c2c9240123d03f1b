#include "aelab/nn/kernels.h"

#include <ATen/Context.h>
#include <ATen/Version.h>

#include <array>
#include <fstream>
#include <string>

#include "aelab/core/error.h"
#include "aelab/nn/direct_kernels.h"
#include "aelab/nn/product.h"

namespace aelab {

std::span<const std::string_view> names(LinearKernel) {
  static constexpr std::array<std::string_view, 3> kNames = {"auto", "libtorch", "onednn"};
  return kNames;
}

std::span<const std::string_view> names(DirectKernel) {
  static constexpr std::array<std::string_view, 3> kNames = {"auto", "libtorch", "direct"};
  return kNames;
}

void Kernels::fields(Fields& f) {
  f("linear", linear, "products of dense layers; auto: by processor and LibTorch, see aelab doctor");
  f("convolution", convolution, "convolutional networks; auto: direct if the processor has AVX2 or AVX-512");
  f("cross_entropy", cross_entropy, "the bernoulli likelihood; auto: as for convolutions");
}

namespace {

/// MKL keeps its paths with AVX-512 for its maker's processors: on AMD's, oneDNN in the same library does up
/// to twice as much (2048^3 in float32, 2 threads: 460 against 205 GFLOP/s, on others 210 against 200).
/// Without AVX-512 it does less (143 against 165; the gradient of the weights 143 against 178).
bool mkl_is_held_back() {
  if (at::get_cpu_capability() != "AVX512") return false;
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("vendor_id")) return line.ends_with("AuthenticAMD");
  return false;
}

LinearKernel linear_rule() {
  static const bool onednn = mkl_is_held_back() && has_onednn_product();
  return onednn ? LinearKernel::onednn : LinearKernel::libtorch;
}

bool can_be_had(LinearKernel kernel) { return kernel != LinearKernel::onednn || has_onednn_product(); }
bool can_be_had(DirectKernel kernel) { return kernel != DirectKernel::direct || direct::chosen(); }

template <class Kernel>
void require(Kernel kernel, std::string_view seam) {
  if (!can_be_had(kernel))
    throw FieldError(
        std::string(seam),
        "\"" + std::string(name_of(kernel)) +
            "\" is not available with this processor and LibTorch; use \"libtorch\", whose results differ in "
            "their last bits");
}

}  // namespace

Kernels resolve(const Kernels& wanted) {
  require(wanted.linear, "linear");
  require(wanted.convolution, "convolution");
  require(wanted.cross_entropy, "cross_entropy");
  return nearest(wanted);
}

Kernels nearest(Kernels wanted) {
  if (wanted.linear == LinearKernel::automatic || !can_be_had(wanted.linear)) wanted.linear = linear_rule();
  for (auto* kernel : {&wanted.convolution, &wanted.cross_entropy})
    if (*kernel == DirectKernel::automatic || !can_be_had(*kernel))
      *kernel = direct::chosen() ? DirectKernel::direct : DirectKernel::libtorch;
  return wanted;
}

Kernels settled(Kernels wanted, const Kernels& recorded) {
  if (wanted.linear == LinearKernel::automatic) wanted.linear = recorded.linear;
  if (wanted.convolution == DirectKernel::automatic) wanted.convolution = recorded.convolution;
  if (wanted.cross_entropy == DirectKernel::automatic) wanted.cross_entropy = recorded.cross_entropy;
  return wanted;
}

}  // namespace aelab
