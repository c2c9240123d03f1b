// The built-in variants, one line each.

#include "aelab/models/adversarial.h"
#include "aelab/models/beta_tc.h"
#include "aelab/models/contractive.h"
#include "aelab/models/convolutional.h"
#include "aelab/models/crosscoder.h"
#include "aelab/models/denoising.h"
#include "aelab/models/dense.h"
#include "aelab/models/dictionaries.h"
#include "aelab/models/factor_vae.h"
#include "aelab/models/fsq.h"
#include "aelab/models/info_vae.h"
#include "aelab/models/iwae.h"
#include "aelab/models/linear.h"
#include "aelab/models/matching_pursuit.h"
#include "aelab/models/pca.h"
#include "aelab/models/plain.h"
#include "aelab/models/rae.h"
#include "aelab/models/sparse.h"
#include "aelab/models/stacked.h"
#include "aelab/models/supervised.h"
#include "aelab/models/transcoder.h"
#include "aelab/models/vae.h"
#include "aelab/models/vq_vae.h"
#include "aelab/models/wae.h"

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
                             .add<Stacked>()
                             .add<Supervised>()
                             .add<Vae>()
                             .add<Iwae>()
                             .add<BetaTc>()
                             .add<FactorVae>()
                             .add<InfoVae>()
                             .add<Wae>()
                             .add<Rae>()
                             .add<Adversarial>()
                             .add<VqVae>()
                             .add<Fsq>()
                             .add<TopK>()
                             .add<BatchTopK>()
                             .add<Matryoshka>()
                             .add<L1Dictionary>()
                             .add<Gated>()
                             .add<JumpReluDictionary>()
                             .add<MatchingPursuit>()
                             .add<Transcoder>()
                             .add<Crosscoder>();
  return registry;
}

}  // namespace aelab
