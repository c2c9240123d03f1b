#include "aelab/nn/direct_kernels.h"

#include "aelab/nn/instruction_sets.h"

namespace aelab::direct {

const Functions* chosen() { return fastest<nullptr, &avx2, &avx512>(); }

}  // namespace aelab::direct
