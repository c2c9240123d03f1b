#include "aelab/nn/kernels.h"

#include <ATen/Context.h>

#include <array>
#include <atomic>
#include <fstream>
#include <string>

#include "aelab/core/error.h"
#include "aelab/nn/product.h"

namespace aelab {

std::span<const std::string_view> names(LinearKernel) {
  static constexpr std::array<std::string_view, 3> kNames = {"auto", "libtorch", "onednn"};
  return kNames;
}

void Kernels::fields(Fields& f) {
  f("linear", linear, "products of dense layers; auto: by processor and LibTorch, see aelab doctor");
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

std::atomic<LinearKernel> linear_in_use = LinearKernel::automatic;

}  // namespace

Kernels resolve(const Kernels& wanted) {
  if (!can_be_had(wanted.linear))
    throw Error(
        "training.kernels.linear: this LibTorch lacks \"onednn\"; use \"libtorch\", whose results differ in "
        "their last bits");
  return nearest(wanted);
}

Kernels nearest(Kernels wanted) {
  if (wanted.linear == LinearKernel::automatic || !can_be_had(wanted.linear)) wanted.linear = linear_rule();
  return wanted;
}

Kernels kernels() { return nearest({.linear = linear_in_use}); }

void use_kernels(const Kernels& wanted) { linear_in_use = resolve(wanted).linear; }

}  // namespace aelab
