#include "aelab/nn/direct_kernels.h"

#include <ATen/Version.h>

namespace aelab::direct {

const Functions* chosen() {
#ifdef AELAB_DIRECT_KERNELS
  static const auto capability = at::get_cpu_capability();
  if (capability == "AVX512") return &avx512;
  if (capability == "AVX2") return &avx2;
#endif
  return nullptr;
}

}  // namespace aelab::direct
