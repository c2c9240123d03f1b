#include "aelab/nn/vector_quantized_bottleneck.h"

#include <ATen/ATen.h>

#include <array>

#include "aelab/core/random.h"
#include "aelab/nn/code_vectors.h"
#include "aelab/nn/layers.h"

namespace aelab {
namespace {

constexpr auto kIndices = "indices", kDraws = "restart";

/// The sums of the rows [n, dimension] of each index [n]: [count, dimension]. It is the derivative of
/// at::embedding, which adds up in the order of the rows, whatever the threads; that of at::index does not.
Tensor sums_by(const Tensor& indices, const Tensor& rows, std::int64_t count) {
  return at::embedding_dense_backward(rows, indices, count, /*padding_idx=*/-1,
                                      /*scale_grad_by_freq=*/false);
}

/// How often each index occurs: [count].
Tensor counts_of(const Tensor& indices, const Tensor& like, std::int64_t count) {
  return sums_by(indices, at::ones({indices.size(0), 1}, like.options()), count).squeeze(1);
}

/// x where the mask [n] holds, else y, of [n, ...].
Tensor rows_where(const Tensor& mask, const Tensor& x, const Tensor& y) {
  at::DimVector shape(static_cast<std::size_t>(x.dim()), 1);
  shape[0] = mask.size(0);
  return at::where(mask.view(shape), x, y);
}

}  // namespace

std::span<const std::string_view> names(CodebookUpdate) {
  static constexpr std::array<std::string_view, 2> kNames = {"gradient", "moving-average"};
  return kNames;
}

void VectorQuantizedBottleneck::Config::fields(Fields& f) {
  f("codes", codes, "number of vectors in the codebook", between(2, kWidest))
      .also_known_as({"num_embeddings", "codebook_size", "n_embed", "K"});
  f("dimension", dimension,
    "dimension of a codebook vector; default: the channels of an image; of a dense code all features, and in "
    "the variant vq-vae 4",
    between(1, kWidest))
      .also_known_as({"embedding_dim", "codebook_dim", "D"});
  schedule_field(f, "commitment", commitment,
                 "weight of the distance of the encoder's output from its codebook vectors", at_least(0))
      .also_known_as({"commitment_cost", "commitment_weight", "beta", "commitment_loss_factor"});
  f("update", update,
    "gradient: the codebook is trained by a term of its own; moving-average: its vectors are moving averages "
    "of the encoder's outputs that chose them")
      .also_known_as({"ema", "use_ema", "codebook_update", "learnable_codebook"});
  if (update == CodebookUpdate::gradient && !f.describing()) return;
  f("decay", decay, "decay of the moving averages per step", {.least = 0, .most = 1, .open = true})
      .also_known_as({"ema_decay", "gamma"});
  f("restart", restart,
    "steps without use after which a vector is put on an encoder's output; 0: never. For moving averages",
    between(0, 1e6))
      .also_known_as({"threshold_ema_dead_code", "dead_code_threshold", "reset", "revive"});
}

std::vector<VectorQuantizedBottleneck::Config> VectorQuantizedBottleneck::Config::examples() {
  return {{.codes = 5},
          {.codes = 7, .dimension = 2},
          {.codes = 5, .update = CodebookUpdate::moving_average},
          {.codes = 40, .dimension = 2, .update = CodebookUpdate::moving_average, .restart = 2}};
}

void VectorQuantizedBottleneck::build(const Shape& code, std::int64_t seed) {
  if (!config_.dimension) config_.dimension = code.front();
  const auto dimension = *config_.dimension;
  require_vectors(code, dimension, "dimension");
  code_ = code;
  const double limit = 1.0 / static_cast<double>(config_.codes);
  const auto initial =
      at::empty({config_.codes, dimension}).uniform_(-limit, limit, random_generator(seed, "codebook"));
  if (config_.update == CodebookUpdate::gradient) {
    codebook_ = register_parameter("codebook", initial);
    return;
  }
  codebook_ = register_buffer("codebook", initial);
  counts_ = register_buffer("counts", at::zeros({config_.codes}));
  sums_ = register_buffer("sums", at::zeros_like(initial));
  if (config_.restart > 0) unused_ = register_buffer("unused", at::zeros({config_.codes}));
}

Tensor VectorQuantizedBottleneck::indices_of(const Tensor& code) const {
  const at::NoGradGuard no_grad;
  const auto vectors = vectors_of(code, *config_.dimension);
  // |vector - code|^2 less |vector|^2
  const auto distances = linear(vectors.flatten(0, 1), -2 * codebook_, codebook_.square().sum(1));
  return distances.argmin(1).view({vectors.size(0), vectors.size(1)});
}

Tensor VectorQuantizedBottleneck::from_indices(const Tensor& indices) const {
  return codes_of(at::embedding(codebook_.detach(), indices), code_);
}

Tensor VectorQuantizedBottleneck::through(const Tensor& pre_code, const Tensor& indices) const {
  return from_indices(indices) + (pre_code - pre_code.detach());
}

Tensor VectorQuantizedBottleneck::read(const Tensor& pre_code, const Step&) const {
  return through(pre_code, indices_of(pre_code));
}

void VectorQuantizedBottleneck::code(Pass& pass, const Step& step) const {
  const auto indices = indices_of(pass.pre_code);
  pass.code = through(pass.pre_code, indices);
  if (unused_.defined() && step.training)
    pass.extras[kDraws] =
        step.noise().uniform_like(kDraws, at::empty(indices.sizes(), counts_.options().dtype(at::kFloat)));
  pass.extras[kIndices] = indices;
}

std::vector<TermOutline> VectorQuantizedBottleneck::terms() const {
  if (config_.update == CodebookUpdate::moving_average) return {{.name = "commitment"}};
  return {{.name = "codebook"}, {.name = "commitment"}};
}

void VectorQuantizedBottleneck::add_terms(const Pass& pass, const Step& step, Terms& terms) const {
  const auto encoded = vectors_of(pass.pre_code, *config_.dimension);
  const auto chosen = at::embedding(codebook_, pass.extras.at(kIndices));
  const auto distance = [](const Tensor& a, const Tensor& b) { return (a - b).square().flatten(1).sum(1); };
  if (config_.update == CodebookUpdate::gradient) terms.add("codebook", distance(encoded.detach(), chosen));
  terms.add("commitment", distance(encoded, chosen.detach()), step.value(config_.commitment));
}

void VectorQuantizedBottleneck::after_step(std::span<const Pass> passes) {
  if (config_.update == CodebookUpdate::gradient) return;
  const at::NoGradGuard no_grad;
  std::vector<Tensor> vectors, chosen, draws;
  for (const auto& pass : passes) {
    vectors.push_back(vectors_of(pass.pre_code, *config_.dimension).flatten(0, 1));
    chosen.push_back(pass.extras.at(kIndices).flatten());
    if (unused_.defined()) draws.push_back(pass.extras.at(kDraws).flatten());
  }
  average(at::cat(vectors), at::cat(chosen));
  if (unused_.defined()) restart_unused(at::cat(vectors), at::cat(chosen), at::cat(draws));
}

void VectorQuantizedBottleneck::average(const Tensor& vectors, const Tensor& chosen) {
  const auto counts = counts_of(chosen, vectors, config_.codes);
  counts_.mul_(config_.decay).add_(counts, 1 - config_.decay);
  sums_.mul_(config_.decay).add_(sums_by(chosen, vectors, config_.codes), 1 - config_.decay);
  codebook_.copy_(rows_where(counts > 0, sums_ / counts_.unsqueeze(1), codebook_));
}

void VectorQuantizedBottleneck::restart_unused(const Tensor& vectors, const Tensor& chosen,
                                               const Tensor& draws) {
  unused_.add_(1).mul_(counts_of(chosen, vectors, config_.codes) == 0);
  const auto is_dead = unused_ >= config_.restart;
  // The first dead one takes the vector of the smallest draw, the second that of the next, and so on.
  const auto order = draws.argsort(/*stable=*/true);
  const auto place = (is_dead.cumsum(0) - 1).clamp_min(0).remainder(order.size(0));
  const auto taken = vectors.index_select(0, order.index_select(0, place));
  codebook_.copy_(rows_where(is_dead, taken, codebook_));
  for (auto* state : {&counts_, &sums_, &unused_})
    state->copy_(rows_where(is_dead, at::zeros_like(*state), *state));
}

}  // namespace aelab
