#ifdef __x86_64__
#define AELAB_KERNELS avx512
#include "aelab/nn/sparse_kernels.inc"
#endif
