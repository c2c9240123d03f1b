#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "aelab/core/json.h"
#include "aelab/core/links.h"
#include "aelab/data/formats/state_dict.h"
#include "aelab/runs/package_folder.h"
#include "aelab/training/saved_tensors.h"

namespace aelab {
namespace {

constexpr auto kPlain = "AutoEncoder", kPlainFree = "AutoEncoderNew", kTopKClass = "AutoEncoderTopK",
               kBatchTopKClass = "BatchTopKSAE", kMatryoshkaClass = "MatryoshkaBatchTopKSAE",
               kJumpReluClass = "JumpReluAutoEncoder", kGatedClass = "GatedAutoEncoder";

/// Whether the package takes all norms to be 1, as torch.allclose does.
bool have_norm_one(const Tensor& vectors) {
  constexpr double kAllclose = 1e-5;
  return ((vectors.norm(2, 1) - 1).abs() <= kAllclose).all().item<bool>();
}

std::string class_of(const RawDictionary& raw) {
  switch (raw.codes.rule) {
    // Its loader divides the vectors of an AutoEncoder by their norms, which would be in the codes then.
    case CodeRule::positive:
      return have_norm_one(raw.vectors) ? kPlain : kPlainFree;
    case CodeRule::top_k:
      return kTopKClass;
    case CodeRule::gated:
      return kGatedClass;
    case CodeRule::above_threshold:
      break;
    case CodeRule::absolute_top_k:
    case CodeRule::matching_pursuit:
      return {};
  }
  if (!raw.codes.of_batch) return kJumpReluClass;
  return raw.codes.widths.empty() ? kBatchTopKClass : kMatryoshkaClass;
}

/// Whether it has no b_dec to subtract.
bool subtracts_nothing(const std::string& of_class) {
  return of_class == kPlainFree || of_class == kJumpReluClass;
}
/// Whether its matrices have other names, and are other ways around.
bool has_matrices(const std::string& of_class) {
  return of_class == kMatryoshkaClass || of_class == kJumpReluClass;
}

std::string name_of_bias(const std::string& of_class) {
  if (of_class == kPlain) return "bias";
  if (of_class == kPlainFree) return "decoder.bias";
  return of_class == kGatedClass ? "decoder_bias" : "b_dec";
}

/// Numbers of latents in the groups that matryoshka's widths end.
std::vector<std::int64_t> groups_of(const RawDictionary& raw) {
  std::vector<std::int64_t> groups;
  std::int64_t before = 0;
  auto widths = raw.codes.widths;
  widths.push_back(raw.latents());
  for (const auto width : widths)
    if (width > before) {
      groups.push_back(width - before);
      before = width;
    }
  return groups;
}

class DictionaryLearning : public DictionaryPackage {
 public:
  std::string_view format() const override { return "dictionary-learning"; }
  std::string_view name() const override { return "dictionary_learning"; }
  std::string_view config_file() const override { return "config.json"; }
  std::string_view weights_file() const override { return "ae.pt"; }
  bool takes(const DictionaryCodes& codes) const override {
    return codes.rule != CodeRule::absolute_top_k && codes.rule != CodeRule::matching_pursuit;
  }

  void write(const RawDictionary& given, const std::filesystem::path& folder) const override {
    const auto of_class = class_of(given);
    const auto raw = given.subtracting(!subtracts_nothing(of_class));
    nlohmann::json config = {
        {"dict_class", of_class}, {"activation_dim", raw.features()}, {"dict_size", raw.latents()}};
    SavedTensors saved;
    if (has_matrices(of_class)) {
      saved.add("W_enc", raw.encoder.t());
      saved.add("b_enc", raw.encoder_bias);
      saved.add("W_dec", raw.vectors);
    } else {
      saved.add("encoder.weight", raw.encoder);
      saved.add("decoder.weight", raw.vectors.t());
      if (of_class != kGatedClass) saved.add("encoder.bias", raw.encoder_bias);
    }
    saved.add(name_of_bias(of_class), raw.bias);
    add_codes(raw, of_class, saved, config);
    write_state_dict(folder / weights_file(), saved.bytes);
    write_package_config(folder / config_file(), {{"trainer", config}});
  }

  PackagedDictionary read(const std::filesystem::path& folder) const override {
    const PackageConfig config(folder / config_file(), "trainer");
    const auto of_class = config.text("dict_class");
    PackageTensors tensors(folder / weights_file());
    auto raw = weights(config, of_class, tensors);
    PackagedDictionary found{.package = std::string(name()),
                             .architecture = of_class,
                             .config = config.file(),
                             .type = tensors.type(),
                             .rule_field = "trainer.dict_class",
                             .features_field = "trainer.activation_dim"};
    raw.codes = codes(config, of_class, tensors, raw, found.remarks);
    tensors.require_all_taken();
    if (of_class == kPlain && !have_norm_one(raw.vectors)) {  // as its loader does
      const auto norms = raw.vectors.norm(2, 1, true);
      raw.encoder = raw.encoder * norms;
      raw.encoder_bias = raw.encoder_bias * norms.squeeze(1);
      raw.vectors = raw.vectors / norms;
    }
    found.dictionary = std::move(raw);
    add_l0(config, folder, found);
    return found;
  }

 private:
  static void add_codes(const RawDictionary& raw, const std::string& of_class, SavedTensors& saved,
                        nlohmann::json& config) {
    const auto& codes = raw.codes;
    if (of_class == kGatedClass) {
      saved.add("gate_bias", codes.gate_bias);
      saved.add("mag_bias", codes.magnitude_bias);
      saved.add("r_mag", codes.log_scale);
    }
    if (of_class == kJumpReluClass) saved.add("threshold", codes.threshold);
    if (codes.k <= 0) return;
    // Whole in the package, which takes codes of a batch by the threshold.
    const auto k = std::max<std::int64_t>(1, std::llround(codes.k));
    config["k"] = k;
    saved.add("k", at::full({}, k, at::kInt));
    saved.add("threshold", codes.of_batch ? codes.threshold[0] : at::full({}, -1.0));
    if (of_class != kMatryoshkaClass) return;
    config["group_sizes"] = groups_of(raw);
    saved.add("group_sizes", at::tensor(groups_of(raw), at::kLong));
  }

  static RawDictionary weights(const PackageConfig& config, const std::string& of_class,
                               PackageTensors& tensors) {
    constexpr std::string_view kKnown[] = {kPlain,           kPlainFree,     kTopKClass, kBatchTopKClass,
                                           kMatryoshkaClass, kJumpReluClass, kGatedClass};
    if (std::find(std::begin(kKnown), std::end(kKnown), of_class) == std::end(kKnown))
      config.refuse("dict_class", "is \"" + of_class + "\", which aelab does not import");
    const bool matrices = has_matrices(of_class);
    auto [latents, features] = tensors.matrix(matrices ? "W_enc" : "encoder.weight");
    if (matrices) std::swap(latents, features);
    require_size(config, "activation_dim", features, tensors);
    require_size(config, "dict_size", latents, tensors);
    RawDictionary raw;
    raw.encoder = matrices ? tensors.take("W_enc", {features, latents}).t().contiguous()
                           : tensors.take("encoder.weight", {latents, features});
    raw.vectors = matrices ? tensors.take("W_dec", {latents, features})
                           : tensors.take("decoder.weight", {features, latents}).t().contiguous();
    raw.encoder_bias = of_class == kGatedClass ? at::zeros({latents})
                                               : tensors.take(matrices ? "b_enc" : "encoder.bias", {latents});
    raw.bias = tensors.take(name_of_bias(of_class), {features});
    raw.subtracts_bias = !subtracts_nothing(of_class);
    return raw;
  }

  static double k_of(const PackageConfig& config, PackageTensors& tensors) {
    const auto k = config.count("k");
    if (tensors.has("k"))
      if (const auto saved = tensors.take_integers("k"); saved != std::vector{k})
        config.refuse("k", "is " + std::to_string(k) + ", and the k in ae.pt is another");
    return static_cast<double>(k);
  }

  static DictionaryCodes codes(const PackageConfig& config, const std::string& of_class,
                               PackageTensors& tensors, const RawDictionary& raw,
                               std::vector<std::string>& remarks) {
    const auto latents = raw.latents();
    if (of_class == kPlain || of_class == kPlainFree) return {.rule = CodeRule::positive};
    if (of_class == kGatedClass)
      return {.rule = CodeRule::gated,
              .gate_bias = tensors.take("gate_bias", {latents}),
              .magnitude_bias = tensors.take("mag_bias", {latents}),
              .log_scale = tensors.take("r_mag", {latents})};
    if (of_class == kJumpReluClass)
      return {.rule = CodeRule::above_threshold,
              .threshold = tensors.take("threshold", {latents}).clamp_min(0)};
    DictionaryCodes codes{.rule = CodeRule::top_k, .k = k_of(config, tensors)};
    if (of_class == kTopKClass) {
      if (tensors.has("threshold")) tensors.take("threshold", {});  // forward() does not use it
      return codes;
    }
    const auto threshold = tensors.take("threshold", {});
    if (threshold.item<double>() < 0)
      remarks.push_back("caution: " + tensors.file().string() + ": its threshold was never set (" +
                        std::to_string(threshold.item<double>()) +
                        "), so that all positive elements are active");
    codes.rule = CodeRule::above_threshold;
    codes.of_batch = true;
    codes.threshold = threshold.clamp_min(0).expand({latents}).contiguous();
    if (of_class == kMatryoshkaClass) {
      std::int64_t width = 0;
      for (const auto group : tensors.take_integers("group_sizes")) codes.widths.push_back(width += group);
      if (width != latents) config.refuse("dict_class", "has groups that are not all vectors together");
      codes.widths.pop_back();
    }
    return codes;
  }

  /// What the package's scripts measured, or what training aimed at.
  static void add_l0(const PackageConfig& config, const std::filesystem::path& folder,
                     PackagedDictionary& found) {
    constexpr auto kMeasured = "eval_results.json";
    if (has_entry(folder / kMeasured)) {
      const PackageConfig measured(folder / kMeasured);
      if (measured.has("l0")) {
        found.l0 = measured.number("l0");
        found.l0_field = "l0 of eval_results.json";
      }
    } else if (config.has("target_l0")) {
      found.l0 = config.number("target_l0");
      found.l0_field = "target_l0 of config.json";
    }
  }
};

}  // namespace

const DictionaryPackage& dictionary_learning_package() {
  static const DictionaryLearning package;
  return package;
}

}  // namespace aelab
