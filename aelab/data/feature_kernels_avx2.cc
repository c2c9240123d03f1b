#ifdef __x86_64__
#define AELAB_KERNELS avx2
#define AELAB_LANES 8
#include "aelab/data/feature_kernels.inc"
#endif
