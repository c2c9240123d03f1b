#define AELAB_KERNELS plain
#define AELAB_LANES 4
#include "aelab/nn/noise_kernels.inc"
