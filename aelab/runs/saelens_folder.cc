#include <ATen/ATen.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "aelab/core/text.h"
#include "aelab/core/version.h"
#include "aelab/runs/package_folder.h"
#include "aelab/training/saved_tensors.h"

namespace aelab {
namespace {

constexpr auto kSaeLensVersion = "6.54.12";  // whose folders these are like
constexpr auto kPursuit = "matching_pursuit";

/// What SAELens calls a rule.
std::string_view saelens_architecture(CodeRule rule) {
  switch (rule) {
    case CodeRule::positive:
      return "standard";
    case CodeRule::top_k:
      return "topk";
    case CodeRule::absolute_top_k:
      return "abstopk";
    case CodeRule::above_threshold:
      return "jumprelu";
    case CodeRule::gated:
      return "gated";
    case CodeRule::matching_pursuit:
      return kPursuit;
  }
  return "";
}

/// Throws an Error that names the field if the package changes rows beside its weights.
void require_plain_rows(const PackageConfig& config) {
  const auto& values = config.values();
  const bool old_flag = config.has("normalize_activations") && values["normalize_activations"].is_boolean();
  const auto normalized =
      old_flag ? values["normalize_activations"].get<bool>() ? "expected_average_only_in" : "none"
               : config.text("normalize_activations", "none");
  if (normalized == "expected_average_only_in")
    config.refuse(
        "normalize_activations",
        "is \"expected_average_only_in\": the weights are for rows that were multiplied by a factor, "
        "which is in no file; fold it: sae.fold_activation_norm_scaling_factor(factor), and save anew");
  if (normalized != "none")
    config.refuse("normalize_activations",
                  "is \"" + normalized +
                      "\", which changes each row by its own numbers: aelab has no such "
                      "dictionary; only \"none\" is imported");
  if (config.flag("finetuning_scaling_factor", false))
    config.refuse("finetuning_scaling_factor",
                  "is true, which aelab does not import: fold it into the weights");
  const auto reshaped = config.text("reshape_activations", "none");
  if (reshaped != "none" && reshaped != "hook_z")
    config.refuse("reshape_activations", "is \"" + reshaped + "\", which aelab does not import");
}

/// The architecture, of folders of earlier versions, too, which say it by an activation function.
std::string architecture_in(const PackageConfig& config) {
  const auto architecture = config.text("architecture", "standard");
  const auto activation = config.text("activation_fn", config.text("activation_fn_str", "relu"));
  if (activation == "topk" && architecture == "standard") return "topk";
  if (activation != "relu" && activation != "topk")
    config.refuse(config.has("activation_fn") ? "activation_fn" : "activation_fn_str",
                  "is \"" + activation + "\", which aelab does not import: only relu and topk");
  return architecture;
}

std::int64_t k_in(const PackageConfig& config) {
  const auto& values = config.values();
  const nlohmann::json::json_pointer old("/activation_fn_kwargs/k");
  if (!config.has("k") && values.contains(old) && values[old].is_number_integer())
    return values[old].get<std::int64_t>();
  return config.count("k");
}

DictionaryCodes pursuit_in(const PackageConfig& config, std::int64_t features, std::int64_t latents) {
  if (!config.flag("stop_on_duplicate_support", true))
    config.refuse("stop_on_duplicate_support",
                  "is false, which aelab does not import: its rows are done when an element is chosen again");
  const auto most = config.has("max_iterations") ? config.count("max_iterations") : features;
  return {.rule = CodeRule::matching_pursuit,
          .k = static_cast<double>(std::min(most, latents)),  // each choice is another element
          .residual = config.has("residual_threshold") ? config.number("residual_threshold") : 0.01};
}

DictionaryCodes saelens_codes(const PackageConfig& config, const std::string& architecture,
                              PackageTensors& tensors, std::int64_t features, std::int64_t latents) {
  if (architecture == kPursuit) return pursuit_in(config, features, latents);
  for (const auto rule : {CodeRule::top_k, CodeRule::absolute_top_k})
    if (architecture == saelens_architecture(rule))
      return {.rule = rule, .k = static_cast<double>(k_in(config))};
  if (architecture == "jumprelu")
    return {.rule = CodeRule::above_threshold,
            .threshold = tensors.take("threshold", {latents}).clamp_min(0)};
  if (architecture == "gated")
    return {.rule = CodeRule::gated,
            .gate_bias = tensors.take("b_gate", {latents}),
            .magnitude_bias = tensors.take("b_mag", {latents}),
            .log_scale = tensors.take("r_mag", {latents})};
  if (architecture == "standard") return {.rule = CodeRule::positive};
  config.refuse("architecture",
                "is \"" + architecture +
                    "\", which aelab does not import: only standard, topk, abstopk, jumprelu, gated and "
                    "matching_pursuit");
}

/// W_enc and b_enc; of a pursuit, which has neither, the vectors and zeros.
void take_encoder(RawDictionary& raw, PackageTensors& tensors) {
  const auto latents = raw.vectors.size(0), features = raw.vectors.size(1);
  const bool pursues = raw.codes.rule == CodeRule::matching_pursuit;
  raw.encoder = pursues ? raw.vectors : tensors.take("W_enc", {features, latents}).t().contiguous();
  raw.encoder_bias =
      pursues || raw.codes.rule == CodeRule::gated ? at::zeros({latents}) : tensors.take("b_enc", {latents});
}

class SaeLens : public DictionaryPackage {
 public:
  std::string_view format() const override { return "saelens"; }
  std::string_view name() const override { return "SAELens"; }
  std::string_view config_file() const override { return "cfg.json"; }
  std::string_view weights_file() const override { return "sae_weights.safetensors"; }
  bool takes(const DictionaryCodes&) const override { return true; }

  void write(const RawDictionary& raw, const std::filesystem::path& folder) const override {
    nlohmann::json config = {
        {"architecture", saelens_architecture(raw.codes.rule)},
        {"d_in", raw.features()},
        {"d_sae", raw.latents()},
        {"dtype", "float32"},
        {"device", "cpu"},
        {"apply_b_dec_to_input", raw.subtracts_bias},
        {"normalize_activations", "none"},
        {"reshape_activations", "none"},
        {"metadata", {{"sae_lens_version", kSaeLensVersion}, {"aelab_version", version()}}}};
    SavedTensors saved;
    const auto& codes = raw.codes;
    const bool pursues = codes.rule == CodeRule::matching_pursuit;
    if (codes.rule == CodeRule::gated) {
      saved.add("b_gate", codes.gate_bias);
      saved.add("b_mag", codes.magnitude_bias);
      saved.add("r_mag", codes.log_scale);
    } else if (!pursues) {
      saved.add("b_enc", raw.encoder_bias);
    }
    if (pursues) {
      config["max_iterations"] = static_cast<std::int64_t>(codes.k);
      config["residual_threshold"] = codes.residual;
      config["stop_on_duplicate_support"] = true;
    }
    if (codes.rule == CodeRule::above_threshold) saved.add("threshold", codes.threshold);
    if (codes.rule == CodeRule::top_k || codes.rule == CodeRule::absolute_top_k) {
      config["k"] = static_cast<std::int64_t>(codes.k);
      config["rescale_acts_by_decoder_norm"] = false;
    }
    if (!pursues) saved.add("W_enc", raw.encoder.t());
    saved.add("W_dec", raw.vectors);
    saved.add("b_dec", raw.bias);
    write_safetensors(folder / weights_file(), saved.bytes);
    write_package_config(folder / config_file(), config);
  }

  PackagedDictionary read(const std::filesystem::path& folder) const override {
    const PackageConfig config(folder / config_file());
    const auto architecture = architecture_in(config);
    require_plain_rows(config);
    PackageTensors tensors(folder / weights_file());
    auto [latents, features] = tensors.matrix(tensors.has("W_enc") ? "W_enc" : "W_dec");
    if (tensors.has("W_enc")) std::swap(latents, features);
    auto codes = saelens_codes(config, architecture, tensors, features, latents);
    require_size(config, "d_in", features, tensors);
    require_size(config, "d_sae", latents, tensors);
    RawDictionary raw{.vectors = tensors.take("W_dec", {latents, features}),
                      .bias = tensors.take("b_dec", {features}),
                      .subtracts_bias = config.flag("apply_b_dec_to_input", true),
                      .codes = std::move(codes)};
    take_encoder(raw, tensors);
    if (architecture == kPursuit && !raw.subtracts_bias) {  // it does not add the bias either
      raw.bias.zero_();
      raw.subtracts_bias = true;
    }
    if (config.flag("rescale_acts_by_decoder_norm", false)) {
      const auto norms = raw.vectors.norm(2, 1, true);
      raw.encoder = raw.encoder * norms;
      raw.encoder_bias = raw.encoder_bias * norms.squeeze(1);
      raw.vectors = raw.vectors / norms;
    }
    tensors.require_all_taken();
    PackagedDictionary found{.package = std::string(name()),
                             .architecture = architecture,
                             .config = config.file(),
                             .type = tensors.type(),
                             .rule_field = "architecture",
                             .features_field = "d_in",
                             .dictionary = std::move(raw)};
    const nlohmann::json::json_pointer l0("/metadata/l0");
    if (config.values().contains(l0) && config.values()[l0].is_number()) {
      found.l0 = config.values()[l0].get<double>();
      found.l0_field = "metadata.l0 of cfg.json";
    }
    return found;
  }
};

}  // namespace

const DictionaryPackage& saelens_package() {
  static const SaeLens package;
  return package;
}

}  // namespace aelab
