#include "aelab/tools/dictionary_export.h"

#include <ATen/ATen.h>

#include <map>
#include <nlohmann/json.hpp>

#include "aelab/core/files.h"
#include "aelab/core/random.h"
#include "aelab/core/version.h"
#include "aelab/nn/bottlenecks.h"
#include "aelab/nn/dictionary_backbone.h"
#include "aelab/nn/gated_bottleneck.h"
#include "aelab/nn/jump_relu_bottleneck.h"
#include "aelab/nn/sparse_bottlenecks.h"
#include "aelab/training/saved_tensors.h"

namespace aelab {
namespace {

using nlohmann::json;

[[noreturn]] void refuse_dictionary(const std::string& what) { throw FieldError("format", what); }

/// transformed = factor x + shift, [features] each in float64.
struct LinearChange {
  Tensor factor, shift;
};

/// Throws if the transforms do not change each feature linearly, which some rows show.
LinearChange linear_change(const TrainedModel& model) {
  constexpr std::int64_t kRows = 16;
  constexpr double kSize = 1000, kTolerance = 1e-4;
  const auto no = [] {
    refuse_dictionary(
        "is for rows whose transforms multiply and shift each feature, such as scale-norm or standardize");
  };
  for (const auto& transform : model.transforms())
    if (!transform->invertible() || !transform->keeps_features()) no();
  auto shape = model.input().shape;
  shape.insert(shape.begin(), kRows);
  auto rows = at::empty(shape).normal_(0, kSize, random_generator(0, "dictionary-export"));
  rows[0].zero_();
  rows[1].fill_(1);
  const auto changed = model.prepare(rows).cpu().flatten(1).to(at::kDouble);
  const LinearChange found{changed[1] - changed[0], changed[0]};
  const auto expected = rows.flatten(1).to(at::kDouble) * found.factor + found.shift;
  const double error = (changed - expected).abs().max().item<double>();
  if (!(error <= kTolerance * expected.abs().max().item<double>())) no();
  return found;
}

std::map<std::string, Tensor> state_by_name(const torch::nn::Module& module) {
  std::map<std::string, Tensor> state;
  for (const auto& item : module.named_parameters()) state[item.key()] = item.value().detach().cpu();
  for (const auto& item : module.named_buffers()) state[item.key()] = item.value().cpu();
  return state;
}

}  // namespace

RawDictionary raw_dictionary(const TrainedModel& model) {
  const auto* backbone = dynamic_cast<const DictionaryBackbone*>(model.network()->backbone().get());
  if (!backbone) refuse_dictionary("is for sparse dictionaries: models with the backbone \"dictionary\"");
  if (!model.network()->reconstructs_input())
    refuse_dictionary("is for dictionaries that reconstruct what they read, and this is a transcoder");
  if (!model.network()->parts().likelihood.mean_is_output())
    refuse_dictionary("is for dictionaries whose output is the reconstruction itself");
  const at::NoGradGuard no_grad;
  const auto exact = [](const Tensor& x) { return x.detach().to(at::kCPU, at::kDouble); };
  const auto change = linear_change(model);
  const auto network = backbone->encoder();
  const auto [vectors, decoder_bias] = backbone->dictionary();
  auto encoder = exact(network.weight);
  auto bias = network.bias.defined() ? exact(network.bias) : at::zeros({encoder.size(0)}, at::kDouble);
  if (network.scale.defined()) {
    encoder = encoder * exact(network.scale).unsqueeze(1);
    bias = bias * exact(network.scale);
  }
  const bool subtracts = network.center.defined();
  if (!subtracts) bias = bias + encoder.mv(change.shift);
  const auto single = [](const Tensor& x) { return x.to(at::kFloat).contiguous(); };
  return {.encoder = single(encoder * change.factor),
          .encoder_bias = single(bias),
          .vectors = single(exact(vectors) / change.factor),
          .bias = single((exact(decoder_bias) - change.shift) / change.factor),
          .subtracts_bias = subtracts};
}

namespace {

/// An architecture of SAELens: its config and what it has besides W_enc, W_dec and b_dec.
struct SaeLensCode {
  json config;
  std::vector<std::pair<std::string, Tensor>> tensors;
};

SaeLensCode of_top_k(const char* architecture, std::int64_t k, const RawDictionary& raw) {
  return {{{"architecture", architecture}, {"k", k}, {"rescale_acts_by_decoder_norm", false}},
          {{"b_enc", raw.encoder_bias}}};
}

SaeLensCode of_thresholds(const Tensor& thresholds, const RawDictionary& raw) {
  const auto each = thresholds.flatten().expand_as(raw.encoder_bias).contiguous();
  return {{{"architecture", "jumprelu"}}, {{"b_enc", raw.encoder_bias}, {"threshold", each}}};
}

SaeLensCode of_gate(const std::map<std::string, Tensor>& state, const RawDictionary& raw) {
  const auto log_scale = state.at("log_scale");
  return {{{"architecture", "gated"}},
          {{"b_gate", raw.encoder_bias + state.at("gate_bias")},
           {"b_mag", log_scale.exp() * raw.encoder_bias + state.at("magnitude_bias")},
           {"r_mag", log_scale}}};
}

SaeLensCode saelens_code(const Autoencoder& network, const RawDictionary& raw) {
  const auto& choice = *network.config().bottleneck;
  const auto state = state_by_name(*network.bottleneck());
  if (const auto* config = choice.get_if<TopKBottleneck::Config>()) return of_top_k("topk", config->k, raw);
  if (const auto* config = choice.get_if<AbsoluteTopKBottleneck::Config>())
    return of_top_k("abstopk", config->k, raw);
  if (const auto* batch = dynamic_cast<const BatchTopKBottleneck*>(network.bottleneck().get()))
    return of_thresholds(batch->threshold().cpu(), raw);
  if (choice.get_if<JumpReluBottleneck::Config>()) return of_thresholds(state.at("log_threshold").exp(), raw);
  if (choice.get_if<GatedBottleneck::Config>()) return of_gate(state, raw);
  const auto* plain = choice.get_if<DeterministicBottleneck::Config>();
  if (plain && plain->activation == Activation::relu)
    return {{{"architecture", "standard"}}, {{"b_enc", raw.encoder_bias}}};
  refuse_dictionary("SAELens has no codes as those of the bottleneck \"" + choice.kind() + "\"");
}

void write_package(const std::filesystem::path& folder, const std::string& weights, const json& config,
                   const std::vector<std::pair<std::string, Tensor>>& tensors) {
  std::filesystem::create_directories(folder);
  SavedTensors saved;
  for (const auto& [name, tensor] : tensors) saved.add(name, tensor);
  write_safetensors(folder / weights, saved.bytes);
  write_file(folder / "cfg.json", config.dump(1) + "\n");
}

}  // namespace

void write_saelens(const TrainedModel& model, const std::filesystem::path& folder) {
  constexpr auto kVersion = "6.54.12";  // whose folders these are like
  const auto raw = raw_dictionary(model);
  auto [config, tensors] = saelens_code(*model.network(), raw);
  config.update({{"d_in", raw.encoder.size(1)},
                 {"d_sae", raw.encoder.size(0)},
                 {"dtype", "float32"},
                 {"device", "cpu"},
                 {"apply_b_dec_to_input", raw.subtracts_bias},
                 {"normalize_activations", "none"},
                 {"reshape_activations", "none"},
                 {"metadata", {{"sae_lens_version", kVersion}, {"aelab_version", version()}}}});
  tensors.emplace_back("W_enc", raw.encoder.t().contiguous());
  tensors.emplace_back("W_dec", raw.vectors);
  tensors.emplace_back("b_dec", raw.bias);
  write_package(folder, "sae_weights.safetensors", config, tensors);
}

void write_sparsify(const TrainedModel& model, const std::filesystem::path& folder) {
  const auto* top_k = model.network()->config().bottleneck->get_if<TopKBottleneck::Config>();
  if (!top_k)
    refuse_dictionary("sparsify has top-k codes alone, and the bottleneck is \"" +
                      model.network()->config().bottleneck->kind() + "\"");
  const auto raw = raw_dictionary(model);
  const auto latents = raw.encoder.size(0), features = raw.encoder.size(1);
  // sparsify subtracts the bias always.
  const auto encoder_bias =
      raw.subtracts_bias ? raw.encoder_bias : raw.encoder_bias + raw.encoder.mv(raw.bias);
  const json config = {{"activation", "topk"},   {"d_in", features},         {"expansion_factor", 32},
                       {"k", top_k->k},          {"multi_topk", false},      {"normalize_decoder", true},
                       {"num_latents", latents}, {"skip_connection", false}, {"transcode", false}};
  write_package(folder, "sae.safetensors", config,
                {{"W_dec", raw.vectors},
                 {"b_dec", raw.bias},
                 {"encoder.weight", raw.encoder},
                 {"encoder.bias", encoder_bias}});
}

}  // namespace aelab
