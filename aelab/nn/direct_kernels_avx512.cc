// AVX-512 has 32 registers of 16 numbers: 24 sums, 3 pixels, a weight.
#ifdef __x86_64__
#define AELAB_KERNELS avx512
#define AELAB_LANES 16
#define AELAB_OUTPUTS 8
#define AELAB_TILE(outputs) ((outputs) == 8 ? 3 : (outputs) == 4 ? 6 : 8)
#include "aelab/nn/direct_kernels.inc"
#endif
