#define AELAB_KERNELS plain
#include "aelab/nn/sparse_kernels.inc"
