#pragma once

#include "aelab/nn/layers.h"

namespace aelab {

/// Dense layers whose outputs for a feature depend on the features before it alone (MADE; Germain, Gregor,
/// Murray & Larochelle 2015): weights that would lead from a feature to an output for itself, or for one
/// before it, are masked. Beside the hidden layers, features have masked weights to the outputs directly
/// (their section 4.2), so that each counts however narrow the layers are. Every output may depend on the
/// whole context.
class MaskedNetwork : public torch::nn::Module {
 public:
  struct Sizes {
    std::int64_t features = 1;
    std::int64_t context = 0;
    std::vector<std::int64_t> hidden = {};
    std::int64_t outputs = 1;  ///< for each feature
    std::int64_t inputs = 1;   ///< numbers that each feature consists of
  };

  /// Outputs are 0 until the network is trained.
  MaskedNetwork(const Sizes& sizes, Activation activation, Initializer& initializer);
  /// x [n, features x inputs], context [n, context], undefined if that is 0 -> [n, outputs, features]
  at::Tensor forward(const at::Tensor& x, const at::Tensor& context = {}) const;

 private:
  Sizes sizes_;
  Activation activation_;
  std::vector<std::shared_ptr<Affine>> hidden_;
  std::shared_ptr<Affine> output_, direct_;  // output_ without hidden layers: null

  at::Tensor degrees_of_inputs() const;
  at::Tensor degrees_of_hidden(std::int64_t width) const;
  at::Tensor degrees_of_outputs() const;
  at::Tensor arange(std::int64_t count) const;
};

}  // namespace aelab
