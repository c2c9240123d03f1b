// The variants that aelab brings: one line each.

#include "aelab/models/convolutional.h"
#include "aelab/models/dense.h"

namespace aelab {

Registry<Autoencoder, const Context&>& Autoencoder::registry() {
  static auto registry = Registry<Autoencoder, const Context&>("variant", "variants", "variant")
                             .add<Dense>()
                             .add<Convolutional>();
  return registry;
}

}  // namespace aelab
