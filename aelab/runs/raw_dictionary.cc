#include "aelab/runs/raw_dictionary.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "aelab/core/random.h"
#include "aelab/nn/dictionary_backbone.h"

namespace aelab {
namespace {

Tensor as_double(const Tensor& x) { return x.detach().to(at::kCPU, at::kDouble); }
Tensor as_single(const Tensor& x) { return x.to(at::kFloat).contiguous(); }

/// Gated codes with a bias of the encoder, in float64, taken into their own.
void take_bias_of_encoder(DictionaryCodes& codes, Tensor& bias) {
  if (codes.rule != CodeRule::gated) return;
  codes.gate_bias = as_single(as_double(codes.gate_bias) + bias);
  codes.magnitude_bias = as_single(as_double(codes.magnitude_bias) + as_double(codes.log_scale).exp() * bias);
  bias = at::zeros_like(bias);
}

bool same_up_to_rounding(const Tensor& a, const Tensor& b) {
  constexpr double kRounding = 1e-6;
  return (a - b).abs().max().item<double>() <= kRounding * b.abs().max().item<double>();
}

}  // namespace

RawDictionary RawDictionary::subtracting(bool to_subtract) const {
  auto changed = *this;
  if (to_subtract == subtracts_bias) return changed;
  const auto projected = as_double(encoder).mv(as_double(bias));
  auto moved = as_double(encoder_bias) + (to_subtract ? projected : -projected);
  take_bias_of_encoder(changed.codes, moved);
  changed.encoder_bias = as_single(moved);
  changed.subtracts_bias = to_subtract;
  return changed;
}

std::optional<LinearChange> linear_change(const Transforms& transforms, const Shape& row) {
  constexpr std::int64_t kRows = 16;
  constexpr double kSize = 1000, kTolerance = 1e-4;
  for (const auto& transform : transforms)
    if (!transform->invertible() || !transform->keeps_features()) return {};
  auto shape = row;
  shape.insert(shape.begin(), kRows);
  auto rows = at::empty(shape).normal_(0, kSize, random_generator(0, "dictionary-export"));
  rows[0].zero_();
  rows[1].fill_(1);
  auto applied = rows.clone();
  for (const auto& transform : transforms) applied = transform->apply(std::move(applied), {});
  const auto changed = applied.flatten(1).to(at::kDouble);
  const LinearChange found{changed[1] - changed[0], changed[0]};
  const auto expected = rows.flatten(1).to(at::kDouble) * found.factor + found.shift;
  const double error = (changed - expected).abs().max().item<double>();
  const bool fits = error <= kTolerance * expected.abs().max().item<double>();
  return fits ? std::optional(found) : std::nullopt;
}

RawDictionary raw_dictionary(const TrainedModel& model) {
  const at::NoGradGuard no_grad;
  const auto refuse = [](const std::string& what) {
    throw FieldError("format", "the folder of a package " + what + ": choose safetensors, npz or model");
  };
  const auto& network = *model.network();
  const auto* backbone = dynamic_cast<const DictionaryBackbone*>(network.backbone().get());
  if (!backbone) refuse("is for sparse dictionaries: models with the backbone \"dictionary\"");
  if (!network.reconstructs_input())
    refuse("is for dictionaries that reconstruct what they read, and this is a transcoder");
  if (!network.parts().likelihood.mean_is_output())
    refuse("is for dictionaries whose output is the reconstruction itself");
  const auto change = linear_change(model.transforms(), model.input().shape);
  if (!change)
    refuse("is for rows whose transforms multiply and shift each feature, such as scale-norm or standardize");
  const auto layer = backbone->encoder();
  const auto [vectors, decoder_bias] = backbone->dictionary();
  auto encoder = as_double(layer.weight);
  auto bias = layer.bias.defined() ? as_double(layer.bias) : at::zeros({encoder.size(0)}, at::kDouble);
  if (layer.scale.defined()) {
    encoder = encoder * as_double(layer.scale).unsqueeze(1);
    bias = bias * as_double(layer.scale);
  }
  const bool subtracts = layer.center.defined();
  if (!subtracts) bias = bias + encoder.mv(change->shift);
  auto codes = codes_of(network, encoder.size(0));
  if (!codes)
    refuse("has no codes as those of the bottleneck \"" + network.config().bottleneck->kind() + "\"");
  take_bias_of_encoder(*codes, bias);
  if (codes->rule == CodeRule::matching_pursuit &&
      !same_up_to_rounding(encoder * change->factor, as_double(vectors) / change->factor))
    refuse(
        "has pursuits by products with the vectors alone, which transforms that multiply the rows, and "
        "\"norm\": \"scaled\", change");
  return {.encoder = as_single(encoder * change->factor),
          .encoder_bias = as_single(bias),
          .vectors = as_single(as_double(vectors) / change->factor),
          .bias = as_single((as_double(decoder_bias) - change->shift) / change->factor),
          .subtracts_bias = subtracts,
          .codes = std::move(*codes)};
}

namespace {

/// What keeps vectors from being those of a model; "" if nothing does.
std::string norms_differ(const Autoencoder& model, const Tensor& vectors) {
  constexpr double kRounding = 1e-5;
  const auto norm = model.config().backbone->get_if<DictionaryBackbone::Config>()->norm;
  if (norm == DecoderNorm::free) return {};
  const auto norms = vectors.norm(2, 1);
  if ((norms - 1).abs().max().item<double>() <= kRounding) return {};
  return fmt::format(
      "the model's vectors have the norm 1 with \"norm\": \"{}\", and in the units of its inputs these have "
      "norms from {:.4g} to {:.4g}: set \"norm\": \"free\"",
      name_of(norm), norms.min().item<double>(), norms.max().item<double>());
}

void set_weight(torch::nn::Module& backbone, const char* name, const Tensor& values) {
  auto weight = backbone.named_parameters()[name];
  weight.copy_(values.view(weight.sizes()));
}

}  // namespace

std::string set_dictionary(Autoencoder& model, const RawDictionary& given, const LinearChange& change) {
  const at::NoGradGuard no_grad;
  auto* backbone = dynamic_cast<DictionaryBackbone*>(model.backbone().get());
  const auto* config = model.config().backbone->get_if<DictionaryBackbone::Config>();
  if (!backbone || !config) return "the model has no backbone \"dictionary\"";
  const auto layer = backbone->encoder();
  if (!model.parts().likelihood.mean_is_output())
    return "the model's output is no reconstruction itself: choose another likelihood";
  const auto raw = given.subtracting(layer.center.defined());
  const auto encoder = as_double(raw.encoder) / change.factor;
  const auto vectors = as_double(raw.vectors) * change.factor;
  const auto bias = as_double(raw.bias) * change.factor + change.shift;
  auto encoder_bias = as_double(raw.encoder_bias);
  if (!raw.subtracts_bias) encoder_bias = encoder_bias - encoder.mv(change.shift);
  if (config->tied && !same_up_to_rounding(encoder, vectors))
    return "the model's encoder is its decoder, and in the units of its inputs these are two: leave out "
           "transforms that multiply the rows, or set \"tied\": false";
  auto codes = raw.codes;
  take_bias_of_encoder(codes, encoder_bias);
  if (auto problem = set_codes(model, codes, raw.latents()); !problem.empty()) return problem;
  if (auto problem = norms_differ(model, vectors); !problem.empty()) return problem;
  if (!layer.bias.defined() && (encoder_bias != 0).any().item<bool>())
    return "the model's encoder has no bias: set \"bias\": true";
  if (backbone->rows_to_begin() > 0 && !(bias != 0).any().item<bool>())
    return "the model's \"bias_start\" would replace a bias of zeros: leave it out";
  if (!config->tied) set_weight(*backbone, "encoder_weight", encoder);
  if (layer.bias.defined()) set_weight(*backbone, "encoder_bias", encoder_bias);
  set_weight(*backbone, "decoder_weight", vectors);
  set_weight(*backbone, "decoder_bias", bias);
  return {};
}

}  // namespace aelab
