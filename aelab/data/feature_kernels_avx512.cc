#ifdef __x86_64__
#define AELAB_KERNELS avx512
#define AELAB_LANES 16
#include "aelab/data/feature_kernels.inc"
#endif
