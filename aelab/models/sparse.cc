#include "aelab/models/sparse.h"

#include <array>

#include "aelab/nn/convolutional_backbone.h"
#include "aelab/nn/dense_backbone.h"

namespace aelab {

std::span<const std::string_view> names(Sparsity) {
  static constexpr std::array<std::string_view, 3> kNames = {"kl", "l1", "k-sparse"};
  return kNames;
}

void Sparse::Config::fields(Fields& f) {
  f("sparsity", sparsity, "kl: KL divergence from a target activation; l1: L1 penalty; k-sparse: top k");
  auto parts = expand(*this);
  parts.own.clear();  // a bottleneck beside the k-sparse one is refused in words of its own
  base.fields(f, parts);
  if (sparsity == Sparsity::kl) kl.fields(f);
  if (sparsity == Sparsity::l1) l1.fields(f);
  if (sparsity == Sparsity::k_sparse) k_sparse.fields(f);
  if (f.describing()) {
    kl.fields(f);
    k_sparse.fields(f);
  }
  f.require(!base.has_penalty(KlSparsityPenalty::Config::kind) || sparsity != Sparsity::kl, "penalties",
            "lists kl-sparsity, which this variant's own \"weight\" and \"target\" set already");
  f.require(!base.has_penalty(L1Penalty::Config::kind) || sparsity != Sparsity::l1, "penalties",
            "lists l1, which this variant's own \"weight\" sets already");
  f.require(
      !base.bottleneck || sparsity != Sparsity::k_sparse, "bottleneck",
      "is k-sparse in this variant, set by its own \"k\": leave it out, or choose another \"sparsity\"");
}

std::vector<Sparse::Config> Sparse::Config::examples() {
  return {{.base = {.code = 10}, .kl = {.weight = 0.5, .target = 0.1}},
          {.base = {.code = 10}, .sparsity = Sparsity::l1, .l1 = {.weight = 0.1}},
          {.base = {.code = 10}, .sparsity = Sparsity::k_sparse, .k_sparse = {.k = 4, .test_k = 6}},
          {.base = {.backbone = ConvolutionalBackbone::Config::examples().front()}, .kl = {.weight = 0.1}}};
}

AutoencoderConfig Sparse::expand(const Config& config) {
  auto parts = config.base;
  parts.default_code = 64;
  const bool k_sparse = config.sparsity == Sparsity::k_sparse;
  if (!parts.backbone) parts.backbone = DenseBackbone::Config{.tied = k_sparse};
  if (k_sparse) {
    parts.set_own_bottleneck(config.k_sparse);
    return parts;
  }
  if (!parts.bottleneck)
    parts.bottleneck = DeterministicBottleneck::Config{
        .activation = config.sparsity == Sparsity::kl ? Activation::sigmoid : Activation::relu};
  if (config.sparsity == Sparsity::kl) parts.add_own_penalty(config.kl);
  if (config.sparsity == Sparsity::l1) parts.add_own_penalty(config.l1);
  return parts;
}

}  // namespace aelab
