// The built-in variants, one line each.

#include "aelab/models/contractive.h"
#include "aelab/models/convolutional.h"
#include "aelab/models/denoising.h"
#include "aelab/models/dense.h"
#include "aelab/models/linear.h"
#include "aelab/models/pca.h"
#include "aelab/models/plain.h"
#include "aelab/models/sparse.h"
#include "aelab/models/stacked.h"

namespace aelab {

Registry<Autoencoder, const Context&>& Autoencoder::registry() {
  static auto registry = Registry<Autoencoder, const Context&>("variant", "variants", "variant")
                             .add<Pca>()
                             .add<Linear>()
                             .add<Plain>()
                             .add<Dense>()
                             .add<Convolutional>()
                             .add<Sparse>()
                             .add<Denoising>()
                             .add<Contractive>()
                             .add<Stacked>();
  return registry;
}

}  // namespace aelab
