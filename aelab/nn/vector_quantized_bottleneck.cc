#include "aelab/nn/vector_quantized_bottleneck.h"

#include <ATen/ATen.h>

#include "aelab/core/random.h"

namespace aelab {

void VectorQuantizedBottleneck::Config::fields(Fields& f) {
  f("codes", codes, "number of vectors in the codebook", between(2, kWidest))
      .also_known_as({"num_embeddings", "codebook_size", "n_embed", "K"});
  f("dimension", dimension,
    "dimension of a codebook vector; default: the channels of an image, or all features of a vector",
    between(1, kWidest))
      .also_known_as({"embedding_dim", "codebook_dim", "D"});
  schedule_field(f, "commitment", commitment,
                 "weight of the distance of the encoder's output from its codebook vectors", at_least(0))
      .also_known_as({"commitment_cost", "commitment_weight", "beta"});
}

void VectorQuantizedBottleneck::build(const Shape& code, std::int64_t seed) {
  if (!config_.dimension) config_.dimension = code.front();
  const auto dimension = *config_.dimension;
  if (code.front() % dimension != 0)
    throw FieldError("dimension", std::to_string(dimension) + " does not divide the " +
                                      std::to_string(code.front()) +
                                      (code.size() > 1 ? " channels" : " features") + " of the code");
  const double limit = 1.0 / static_cast<double>(config_.codes);
  codebook_ = register_parameter(
      "codebook",
      at::empty({config_.codes, dimension}).uniform_(-limit, limit, random_generator(seed, "codebook")));
}

Tensor VectorQuantizedBottleneck::vectors(const Tensor& x) const {
  // Features or channels in groups of a vector's dimension, each at every place.
  const auto grouped = x.view({x.size(0), x.size(1) / *config_.dimension, *config_.dimension, -1});
  return grouped.transpose(2, 3).flatten(1, 2);
}

Tensor VectorQuantizedBottleneck::joined(const Tensor& vectors, const Tensor& like) const {
  const auto groups = like.size(1) / *config_.dimension;
  return vectors.view({like.size(0), groups, -1, *config_.dimension}).transpose(2, 3).reshape(like.sizes());
}

Tensor VectorQuantizedBottleneck::nearest(const Tensor& vectors) const {
  const at::NoGradGuard no_grad;
  const auto flat = vectors.flatten(0, 1);
  const auto distances =
      codebook_.square().sum(1) - 2 * at::mm(flat, codebook_.t());  // less the vector's own
  return distances.argmin(1).view({vectors.size(0), vectors.size(1)});
}

Tensor VectorQuantizedBottleneck::through(const Tensor& pre_code, const Tensor& indices) const {
  const auto quantized = codebook_.index({indices}).detach();
  return joined(quantized, pre_code) + (pre_code - pre_code.detach());
}

Tensor VectorQuantizedBottleneck::read(const Tensor& pre_code, const Step&) const {
  return through(pre_code, nearest(vectors(pre_code)));
}

void VectorQuantizedBottleneck::code(Pass& pass, const Step&) const {
  pass.extras["indices"] = nearest(vectors(pass.pre_code));
  pass.code = through(pass.pre_code, pass.extras["indices"]);
}

void VectorQuantizedBottleneck::add_terms(const Pass& pass, const Step& step, Terms& terms) const {
  const auto encoded = vectors(pass.pre_code), chosen = codebook_.index({pass.extras.at("indices")});
  const auto distance = [](const Tensor& a, const Tensor& b) { return (a - b).square().flatten(1).sum(1); };
  terms.add("codebook", distance(encoded.detach(), chosen));
  terms.add("commitment", distance(encoded, chosen.detach()), step.value(config_.commitment));
}

}  // namespace aelab
