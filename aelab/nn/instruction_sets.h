#pragma once

#include <ATen/Version.h>

namespace aelab {

#ifdef __x86_64__
inline constexpr bool kHasVectorInstructions = true;
#else
inline constexpr bool kHasVectorInstructions = false;
#endif

/// Of loops that were compiled once for each instruction set, the fastest for this processor (and for
/// LibTorch's ATEN_CPU_CAPABILITY): `avx512`, `avx2`, or `plain`, which may be null. The first two need only
/// be defined for x86-64.
template <auto plain, auto avx2, auto avx512>
decltype(avx2) fastest() {
  if constexpr (kHasVectorInstructions) {
    static const auto capability = at::get_cpu_capability();
    if (capability == "AVX512") return avx512;
    if (capability == "AVX2") return avx2;
  }
  return plain;
}

}  // namespace aelab
