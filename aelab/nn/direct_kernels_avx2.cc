// AVX2 has 16 registers of 8 numbers: 12 sums, 3 pixels, a weight.
#ifdef __x86_64__
#define AELAB_KERNELS avx2
#define AELAB_LANES 8
#define AELAB_OUTPUTS 4
#define AELAB_TILE(outputs) ((outputs) >= 4 ? 3 : (outputs) == 2 ? 4 : 8)
#include "aelab/nn/direct_kernels.inc"
#endif
