#include "aelab/nn/dictionary_backbone.h"

#include <ATen/ATen.h>

#include <array>

#include "aelab/core/problems.h"

namespace aelab {

std::span<const std::string_view> names(DecoderNorm) {
  static constexpr std::array<std::string_view, 3> kNames = {"free", "unit", "scaled"};
  return kNames;
}

std::span<const std::string_view> names(BiasStart) {
  static constexpr std::array<std::string_view, 3> kNames = {"zeros", "mean", "geometric-median"};
  return kNames;
}

void DictionaryBackbone::Config::norm_fields(Fields& f, std::string_view initial) {
  f("norm", norm,
    "norms of the dictionary's vectors: free: not constrained; unit: 1 after each step, with gradients "
    "orthogonal to them; scaled: the encoder's outputs are multiplied by the norms, and the vectors divided")
      .also_known_as({"decoder_norm", "normalize_decoder", "normalize_sae_decoder",
                      "rescale_acts_by_decoder_norm", "constrain_norm"});
  f("initial_norm", initial_norm, "norm of the initial vectors; default: " + std::string(initial), above(0))
      .also_known_as({"decoder_init_norm"});
  f.require(norm != DecoderNorm::unit || initial_norm.value_or(1) == 1, "initial_norm",
            "is 1 with the norm \"unit\": leave it out");
}

void DictionaryBackbone::Config::bias_start_field(Fields& f) {
  f("bias_start", bias_start,
    "the decoder's initial bias: zeros, or the mean or geometric median of up to 10,000 training rows")
      .also_known_as({"b_dec_init_method", "bias_init"});
}

void DictionaryBackbone::Config::fields(Fields& f) {
  norm_fields(f, "1 with norm \"unit\", else 0.1");
  f("tied", tied, "the encoder's weights are the decoder's").also_known_as({"tied_weights"});
  f("tied_start", tied_start, "the encoder's initial weights are the decoder's").also_known_as({"tied_init"});
  f("bias", bias, "the encoder has a bias").also_known_as({"b_enc"});
  f("pre_bias", pre_bias, "the decoder's bias is subtracted from the input")
      .also_known_as({"apply_b_dec_to_input", "b_pre", "subtract_bias"});
  bias_start_field(f);
  f.require(!tied || norm != DecoderNorm::scaled, "norm",
            "\"scaled\" would undo itself in tied weights: choose \"free\" or \"unit\"");
}

std::vector<DictionaryBackbone::Config> DictionaryBackbone::Config::examples() {
  return {{},
          {.norm = DecoderNorm::unit, .bias_start = BiasStart::geometric_median},
          {.norm = DecoderNorm::scaled, .initial_norm = 0.5},
          {.tied_start = false, .bias = false, .pre_bias = false, .bias_start = BiasStart::mean},
          {.norm = DecoderNorm::unit, .tied = true, .bias = false},
          {.tied = true}};
}

void DictionaryBackbone::check(std::int64_t code, std::int64_t pre_code) const {
  const bool has_energy = encodes_by_dictionary() && pre_code == code + 1;
  if (pre_code != code && !has_energy &&
      (config_.tied || config_.tied_start || config_.norm == DecoderNorm::scaled)) {
    const auto needs = "the bottleneck needs " + std::to_string(pre_code) +
                       " outputs of the encoder for a code of " + std::to_string(code);
    if (config_.tied)
      throw FieldError("tied", needs + ", so its weights cannot be the decoder's: set it to false");
    if (config_.tied_start)
      throw FieldError("tied_start", needs + ", so its weights cannot be the decoder's: set it to false");
    throw FieldError("norm", needs + ", which have no vectors of their own: choose another norm");
  }
  for (const auto& [name, set] : {std::pair("tied", config_.tied),
                                  {"tied_start", config_.tied_start},
                                  {"pre_bias", config_.pre_bias},
                                  {"bias_start", config_.bias_start != BiasStart::zeros}})
    if (set && elements(output_) != elements(extent_.target))
      throw FieldError(name, "the likelihood needs outputs of shape " + to_string(output_) +
                                 " for inputs of " + to_string(extent_.target) + ", which this is not for");
}

Tensor DictionaryBackbone::initial_vectors(Initializer& initializer, std::int64_t code) const {
  auto vectors = initializer.weight({code, elements(output_)}, Initialization::he_uniform);
  if (vectors.is_meta()) return vectors;
  std::int64_t begin = 0;
  for (const auto width : extent_.blocks) {
    auto block = vectors.narrow(1, begin, width).contiguous();
    normalize_rows(block);
    vectors.narrow(1, begin, width).copy_(block);
    begin += width;
  }
  const bool is_unit = config_.norm == DecoderNorm::unit;
  if (is_unit || extent_.blocks.empty()) normalize_rows(vectors);
  return vectors.mul_(config_.initial_norm.value_or(is_unit ? 1 : 0.1));
}

DictionaryBackbone::DictionaryBackbone(const Config& config, const BackboneContext& context, Extent extent)
    : config_(config), extent_(std::move(extent)), output_(context.output_shape(extent_.target)) {
  const auto code = context.code_dimension(), pre_code = elements(context.pre_code_shape({code}));
  check(code, pre_code);
  Initializer initializer(context.seed, "initialization", context.device);
  auto vectors = initial_vectors(initializer, code);
  appends_energy_ = config.tied && pre_code != code;
  if (!config.tied)
    encoder_ = register_parameter("encoder_weight",
                                  config.tied_start ? vectors.clone()
                                                    : initializer.weight({pre_code, elements(extent_.input)},
                                                                         Initialization::he_uniform));
  if (config.bias) encoder_bias_ = register_parameter("encoder_bias", initializer.zeros({pre_code}));
  decoder_ = register_parameter("decoder_weight", vectors);
  decoder_bias_ = register_parameter("decoder_bias", initializer.zeros({elements(output_)}));
}

Tensor DictionaryBackbone::norms() const { return sums_of_norms(decoder_, extent_.blocks); }

Tensor DictionaryBackbone::scale() const { return config_.norm == DecoderNorm::scaled ? norms() : Tensor(); }

Tensor DictionaryBackbone::vectors() const {
  if (divides_by_blocks()) return decoder_ / norms().unsqueeze(1);
  return normalizes() ? unit_rows(decoder_) : decoder_;
}

SparseEncoder DictionaryBackbone::encoder() const {
  return {.weight = encoder_weight(),
          .bias = encoder_bias_,
          .center = config_.pre_bias ? decoder_bias_ : Tensor(),
          .scale = scale()};
}

Tensor DictionaryBackbone::encode(const Tensor& x, const Step&) const {
  const auto flat = x.flatten(1);
  const auto pre_code = encode_for_sparse(flat, encoder());
  if (!appends_energy_) return pre_code;
  return at::cat({pre_code, (flat - decoder_bias_).square().sum(1, /*keepdim=*/true)}, 1);
}

Tensor DictionaryBackbone::shaped(const Tensor& output) const {
  auto shape = output_;
  shape.insert(shape.begin(), output.size(0));
  return output.view(shape);
}

Tensor DictionaryBackbone::decode(const Tensor& code, const Step&) const {
  return shaped(linear(code, vectors().t(), decoder_bias_));
}

Tensor DictionaryBackbone::decode_active(const ActiveElements& active, const Step&) const {
  if (!divides_by_blocks()) return shaped(combine(active, decoder_, normalizes()) + decoder_bias_);
  auto divided = active;
  divided.values = active.values / norms().index_select(0, active.places.select(0, 1));
  return shaped(combine(divided, decoder_) + decoder_bias_);
}

std::vector<AffineLayer> DictionaryBackbone::affine_layers(const Tensor&, const Step&) const {
  const auto factors = scale();
  const auto weight = encoder_weight();
  return {{.weight = factors.defined() ? weight * factors.unsqueeze(1) : weight, .slope = {}}};
}

std::vector<LayerOutline> DictionaryBackbone::layers() const {
  const auto weights = config_.tied ? decoder_.numel() : encoder_.numel();
  return {{.network = "encoder",
           .what = "dense",
           .output = {config_.tied ? decoder_.size(0) + appends_energy_ : encoder_.size(0)},
           .parameters = weights + (encoder_bias_.defined() ? encoder_bias_.numel() : 0),
           .affine = true},
          {.network = "decoder",
           .what = "dense",
           .output = output_,
           .parameters = (config_.tied ? 0 : decoder_.numel()) + decoder_bias_.numel(),
           .affine = true}};
}

Tensor DictionaryBackbone::filters() const {
  const auto& input = extent_.input;
  if (input.size() != 3) return {};
  return encoder_weight().detach().reshape({-1, input[0], input[1], input[2]});
}

void DictionaryBackbone::after_step() {
  if (config_.norm == DecoderNorm::unit) normalize_rows(decoder_);
}

namespace {

/// The mean norm of the rows [n, features] that are true in `among` [n]; of all if there is none. []
Tensor mean_norm(const Tensor& rows, const Tensor& among) {
  const auto norms = rows.norm(2, 1);
  const auto count = among.sum();
  return at::where(count > 0, (norms * among).sum() / count.clamp_min(1), norms.mean());
}

}  // namespace

std::vector<Tensor> DictionaryBackbone::restart(const Tensor& elements, const Tensor& inputs) {
  constexpr double kOfEncoder = 0.2;
  const at::NoGradGuard no_grad;
  const auto flat = inputs.flatten(1);
  const auto centered = config_.pre_bias ? flat - decoder_bias_ : flat;
  const auto norms = centered.norm(2, 1, /*keepdim=*/true);
  const auto begun = elements.unsqueeze(1) & (norms > 0);
  const auto directions = centered / at::where(norms > 0, norms, 1), others = elements.logical_not();
  std::vector<Tensor> changed = {decoder_};
  if (encoder_.defined()) {
    const auto weight = directions * (kOfEncoder * mean_norm(encoder_, others));
    encoder_.copy_(at::where(begun, weight, encoder_));
    changed.push_back(encoder_);
  }
  const auto vectors =
      config_.norm == DecoderNorm::unit ? directions : directions * mean_norm(decoder_, others);
  decoder_.copy_(at::where(begun, vectors, decoder_));
  if (encoder_bias_.defined()) {
    encoder_bias_.masked_fill_(begun.squeeze(1), 0);
    changed.push_back(encoder_bias_);
  }
  return changed;
}

std::int64_t DictionaryBackbone::rows_to_begin() const {
  constexpr std::int64_t kRows = 10'000;
  return config_.bias_start == BiasStart::zeros ? 0 : kRows;
}

void DictionaryBackbone::begin(const Tensor& rows) {
  const at::NoGradGuard no_grad;
  if ((decoder_bias_ != 0).any().item<bool>()) return;
  const auto flat = target(rows).flatten(1);
  decoder_bias_.copy_(config_.bias_start == BiasStart::mean ? flat.mean(0) : geometric_median(flat));
}

Tensor geometric_median(const Tensor& rows) {
  constexpr int kSteps = 200;
  const at::NoGradGuard no_grad;
  const auto x = rows.to(at::kDouble);
  auto median = x.mean(0);
  for (int i = 0; i < kSteps; ++i) {
    const auto distances = (x - median).norm(2, 1), mean = distances.mean();
    const auto weights = 1 / distances.clamp_min(1e-9 * mean.item<double>() + 1e-300);
    const auto next = (weights.unsqueeze(1) * x).sum(0) / weights.sum();
    const bool is_near = ((next - median).norm() <= 1e-6 * mean).item<bool>();
    median = next;
    if (is_near) break;
  }
  return median.to(rows.scalar_type());
}

}  // namespace aelab
