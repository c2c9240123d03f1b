#include "aelab/nn/index_network.h"

#include <ATen/ATen.h>

#include "aelab/nn/parts.h"

namespace aelab {

void IndexNetworkConfig::fields(Fields& f) {
  f("embedding", embedding, "dimension of the vectors that stand for indices", between(1, kWidest))
      .also_known_as({"embedding_dim", "embedding_size"});
  f("hidden", hidden, "widths of the hidden layers", between(1, kWidest))
      .also_known_as({"hidden_size", "hidden_features", "hidden_sizes", "hidden_dims", "units"});
  f("activation", activation, "activation of the hidden layers").also_known_as({"nonlinearity"});
}

IndexNetwork::IndexNetwork(const IndexNetworkConfig& config, std::int64_t places, std::int64_t codes,
                           Initializer& initializer) {
  const auto vectors = [&] {
    return initializer.weight({codes, config.embedding}, Initialization::lecun_normal);
  };
  embedding_ = register_parameter("embedding", vectors());
  output_ = register_parameter("output", vectors());
  biases_ = register_parameter("biases", initializer.zeros({places, codes}));
  const MaskedNetwork::Sizes sizes = {
      .features = places, .hidden = config.hidden, .outputs = config.embedding, .inputs = config.embedding};
  network_ =
      register_module("network", std::make_shared<MaskedNetwork>(sizes, config.activation, initializer));
}

void IndexNetwork::set_biases(const at::Tensor& biases) {
  const at::NoGradGuard no_grad;
  biases_.copy_(biases);
}

at::Tensor IndexNetwork::contexts(const at::Tensor& indices) const {
  return network_->forward(at::embedding(embedding_, indices).flatten(1)).transpose(1, 2);
}

at::Tensor IndexNetwork::log_probabilities(const at::Tensor& indices) const {
  const auto by_context = linear(contexts(indices).flatten(0, 1), output_, /*bias=*/at::Tensor());
  const auto logits = by_context.view({indices.size(0), indices.size(1), -1}) + biases_;
  return logits.gather(2, indices.unsqueeze(2)).squeeze(2) - logits.logsumexp(2);
}

at::Tensor IndexNetwork::log_probabilities_at(const at::Tensor& indices, std::int64_t place) const {
  return linear(contexts(indices).select(1, place).contiguous(), output_, biases_[place]).log_softmax(1);
}

}  // namespace aelab
