#include <ATen/ATen.h>

#include <nlohmann/json.hpp>

#include "aelab/runs/package_folder.h"
#include "aelab/training/saved_tensors.h"

namespace aelab {
namespace {

class Sparsify : public DictionaryPackage {
 public:
  std::string_view format() const override { return "sparsify"; }
  std::string_view name() const override { return "sparsify"; }
  std::string_view config_file() const override { return "cfg.json"; }
  std::string_view weights_file() const override { return "sae.safetensors"; }
  bool takes(const DictionaryCodes& codes) const override { return codes.rule == CodeRule::top_k; }

  void write(const RawDictionary& given, const std::filesystem::path& folder) const override {
    const auto raw = given.subtracting(true);
    SavedTensors saved;
    saved.add("W_dec", raw.vectors);
    saved.add("b_dec", raw.bias);
    saved.add("encoder.weight", raw.encoder);
    saved.add("encoder.bias", raw.encoder_bias);
    write_safetensors(folder / weights_file(), saved.bytes);
    write_package_config(folder / config_file(), {{"activation", "topk"},
                                                  {"d_in", raw.features()},
                                                  {"expansion_factor", 32},
                                                  {"k", static_cast<std::int64_t>(raw.codes.k)},
                                                  {"multi_topk", false},
                                                  {"normalize_decoder", true},
                                                  {"num_latents", raw.latents()},
                                                  {"skip_connection", false},
                                                  {"transcode", false}});
  }

  PackagedDictionary read(const std::filesystem::path& folder) const override {
    const PackageConfig config(folder / config_file());
    if (const auto activation = config.text("activation", "topk"); activation != "topk")
      config.refuse("activation", "is \"" + activation + "\", which aelab does not import: only topk");
    for (const auto* field : {"transcode", "skip_connection", "signed"})
      if (config.flag(field, false))
        config.refuse(field, "is true, which aelab does not import as a dictionary");
    PackageTensors tensors(folder / weights_file());
    const auto [latents, features] = tensors.matrix("encoder.weight");
    require_size(config, "d_in", features, tensors);
    if (config.has("num_latents") && config.values()["num_latents"] != 0)
      require_size(config, "num_latents", latents, tensors);
    RawDictionary raw{.encoder = tensors.take("encoder.weight", {latents, features}),
                      .encoder_bias = tensors.take("encoder.bias", {latents}),
                      .vectors = tensors.take("W_dec", {latents, features}),
                      .bias = tensors.take("b_dec", {features}),
                      .codes = {.rule = CodeRule::top_k, .k = static_cast<double>(config.count("k"))}};
    tensors.require_all_taken();
    return {.package = std::string(name()),
            .architecture = "topk",
            .config = config.file(),
            .type = tensors.type(),
            .rule_field = "activation",
            .features_field = "d_in",
            .dictionary = std::move(raw)};
  }
};

}  // namespace

const DictionaryPackage& sparsify_package() {
  static const Sparsify package;
  return package;
}

}  // namespace aelab
