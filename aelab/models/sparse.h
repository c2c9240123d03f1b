#pragma once

#include "aelab/models/autoencoder.h"
#include "aelab/nn/bottlenecks.h"
#include "aelab/nn/penalties.h"

namespace aelab {

enum class Sparsity { kl, l1, k_sparse };
std::span<const std::string_view> names(Sparsity);

/// The sparse autoencoder, with few active code dimensions: by the KL divergence of mean activations from a
/// target (UFLDL), by an L1 penalty, or by keeping the k largest (Makhzani & Frey 2013, with tied weights).
class Sparse : public Autoencoder {
 public:
  struct Config {
    static constexpr std::string_view kind = "sparse";
    static constexpr std::string_view summary =
        "few active code dimensions: KL divergence, L1 penalty or k-sparse";
    static constexpr std::string_view also_known_as[] = {"sae", "k-sparse"};
    AutoencoderConfig base = {};
    Sparsity sparsity = Sparsity::kl;
    KlSparsityPenalty::Config kl = {};
    L1Penalty::Config l1 = {};
    KSparseBottleneck::Config k_sparse = {};

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  static AutoencoderConfig expand(const Config& config);
  Sparse(const Config& config, const Context& context) : Autoencoder(expand(config), context) {}
};

}  // namespace aelab
