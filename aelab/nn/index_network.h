#pragma once

#include "aelab/nn/masked_network.h"

namespace aelab {

/// The fields of a network of the probabilities of indices.
struct IndexNetworkConfig {
  std::int64_t embedding = 32;
  std::vector<std::int64_t> hidden = {512};
  Activation activation = Activation::relu;

  void fields(Fields& f);
};

/// A distribution over lists of indices, each of which is one of `codes`: the product of
/// p(i_1), p(i_2 | i_1), p(i_3 | i_1, i_2), ... Each index is replaced by a learned vector, a masked network
/// makes a vector of those before a place (MADE; Germain, Gregor, Murray & Larochelle 2015), and the logits
/// of that place are its products with a vector for each index, plus biases of the place.
class IndexNetwork : public torch::nn::Module {
 public:
  IndexNetwork(const IndexNetworkConfig& config, std::int64_t places, std::int64_t codes,
               Initializer& initializer);

  /// Sets the biases, [places, codes]: logarithms of probabilities that do not depend on other indices. Until
  /// it is trained, the network is this distribution.
  void set_biases(const at::Tensor& biases);
  /// log p of each index given those before it: indices [n, places] int64 -> [n, places].
  at::Tensor log_probabilities(const at::Tensor& indices) const;
  /// log p of every index that could stand at a place, given those before it: indices [n, places], of which
  /// those from `place` on do not count -> [n, codes].
  at::Tensor log_probabilities_at(const at::Tensor& indices, std::int64_t place) const;

 private:
  at::Tensor embedding_, output_, biases_;  // [codes, embedding], [codes, embedding], [places, codes]
  std::shared_ptr<MaskedNetwork> network_;

  /// What the masked network makes of the indices before each place, [n, places, embedding].
  at::Tensor contexts(const at::Tensor& indices) const;
};

}  // namespace aelab
