#define AELAB_KERNELS plain
#define AELAB_LANES 4
#include "aelab/data/feature_kernels.inc"
