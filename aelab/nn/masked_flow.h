#pragma once

#include "aelab/nn/masked_network.h"

namespace aelab {

/// The fields of a masked autoregressive flow.
struct MaskedFlowConfig {
  std::int64_t layers = 4;
  std::vector<std::int64_t> hidden = {128};
  Activation activation = Activation::tanh;

  void fields(Fields& f);
};

/// An invertible map of features, layer by layer: a layer moves and scales each feature by what a masked
/// network makes of those before it, y = (x - shift) exp(-scale) (Papamakarios, Pavlakou & Murray 2017,
/// equation 4). Every second layer takes the features in reverse order. Scales are within [-3, 3], smoothly,
/// so that values stay finite wherever x is. It is the identity until it is trained.
///
/// forward() takes one pass of each network, inverse() one for each feature. A density is evaluated in the
/// direction of forward() where x are data and y noise (a masked autoregressive flow), and codes are drawn in
/// that direction where x is noise and y codes (an inverse autoregressive flow; Kingma et al. 2016).
class MaskedFlow : public torch::nn::Module {
 public:
  struct Mapped {
    at::Tensor values;           ///< [n, features]
    at::Tensor log_determinant;  ///< log |det d values / d x|, [n]
  };

  MaskedFlow(const MaskedFlowConfig& config, std::int64_t features, std::int64_t context,
             Initializer& initializer);
  /// x [n, features], context [n, context], undefined if that is 0.
  Mapped forward(const at::Tensor& x, const at::Tensor& context = {}) const;
  /// The x of y = forward(x).values.
  at::Tensor inverse(const at::Tensor& y, const at::Tensor& context = {}) const;

 private:
  std::vector<std::shared_ptr<MaskedNetwork>> layers_;
};

}  // namespace aelab
