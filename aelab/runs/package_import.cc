#include "aelab/runs/package_import.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace aelab {

nlohmann::ordered_json model_for(const PackagedDictionary& packaged, const std::string& path) {
  constexpr double kRounding = 1e-6;
  const auto& raw = packaged.dictionary;
  auto model = recipe_of(raw.codes);
  model["code"] = raw.latents();
  const bool unit = ((raw.vectors.norm(2, 1) - 1).abs() < kRounding).all().item<bool>();
  model["norm"] = unit ? "unit" : "free";
  model["pre_bias"] = raw.subtracts_bias;
  model["initialize_from"] = {{"path", path}};
  return model;
}

std::string description_of(const PackagedDictionary& packaged) {
  const auto& raw = packaged.dictionary;
  return fmt::format("a folder of {}: {}, {} features, {} latents{}, {}", packaged.package,
                     packaged.architecture, raw.features(), raw.latents(),
                     raw.codes.k > 0 ? fmt::format(", k {}", raw.codes.k) : std::string(), packaged.type);
}

PackagedDictionary read_package_folder(const std::filesystem::path& folder) {
  const auto* package = std::filesystem::is_directory(folder) ? package_of_folder(folder) : nullptr;
  if (!package)
    throw Error(folder.string() +
                ": is no folder of SAELens (sae_weights.safetensors), sparsify (sae.safetensors) or "
                "dictionary_learning (ae.pt)");
  auto found = package->read(folder);
  if (const auto& raw = found.dictionary; raw.codes.k > static_cast<double>(raw.latents()))
    throw Error(fmt::format("{}: k is {}, and there are {} latents to choose from", found.config.string(),
                            raw.codes.k, raw.latents()));
  return found;
}

void import_dictionary(Autoencoder& model, const PackagedDictionary& packaged, const std::string& path,
                       const Split& data) {
  const auto& raw = packaged.dictionary;
  const auto refuse = [&](const std::string& field, const std::string& why) {
    throw Error(fmt::format("{}: {}, and {}; a model that fits: {}", packaged.config.string(), field, why,
                            model_for(packaged, path).dump()));
  };
  if (const auto features = elements(model.input_shape()); features != raw.features())
    throw Error(fmt::format("{}: \"{}\" is {}, and the rows of \"data\" have {} numbers",
                            packaged.config.string(), packaged.features_field, raw.features(), features));
  if (const auto latents = elements(model.code_shape()); latents != raw.latents())
    refuse(fmt::format("there are {} latents", raw.latents()),
           fmt::format("the model's code has {}", latents));
  const auto change = linear_change(data.transforms, data.train.shape());
  if (!change)
    throw Error(
        packaged.config.string() +
        ": is for rows as they are, and \"data.transforms\" change them otherwise than by multiplying "
        "and shifting each feature: leave them out");
  const auto what = fmt::format("\"{}\" is \"{}\"{}", packaged.rule_field, packaged.architecture,
                                raw.codes.k > 0 ? fmt::format(" with k {}", raw.codes.k) : std::string());
  if (const auto why = set_dictionary(model, raw, *change); !why.empty()) refuse(what, why);
}

namespace {

struct FirstRows {
  std::int64_t rows = 0;
  double l0 = 0, explained = 0, norm = 0;
};

FirstRows measure_first_rows(const Autoencoder& model, const Dataset& train) {
  constexpr std::int64_t kRows = 1024, kAtOnce = 128;
  const at::NoGradGuard no_grad;
  FirstRows found{.rows = std::min(kRows, train.size())};
  const auto whole = train.range(0, found.rows);
  const auto inputs = whole.inputs.flatten(1).to(at::kDouble);
  double error = 0;
  for (std::int64_t begin = 0; begin < found.rows; begin += kAtOnce) {
    const auto end = std::min(begin + kAtOnce, found.rows);
    const auto x = whole.inputs.slice(0, begin, end);
    const auto condition =
        model.condition(whole.labels.defined() ? whole.labels.slice(0, begin, end) : Tensor());
    const auto code = model.encode(x, condition);
    found.l0 += static_cast<double>(code.count_nonzero().item<std::int64_t>());
    const auto output = model.decode(code, condition).flatten(1).to(at::kDouble);
    error += (output - inputs.slice(0, begin, end)).square().sum().item<double>();
  }
  const auto variance = (inputs - inputs.mean(0)).square().sum().item<double>();
  found.l0 /= static_cast<double>(std::max<std::int64_t>(found.rows, 1));
  found.explained = variance > 0 ? 1 - error / variance : 0;
  found.norm = found.rows > 0 ? inputs.norm(2, 1).mean().item<double>() : 0;
  return found;
}

}  // namespace

std::vector<std::string> verify_import(const Autoencoder& model, const PackagedDictionary& packaged,
                                       const std::string& path, const Split& data) {
  constexpr double kOff = 1.5;
  const auto found = measure_first_rows(model, data.train);
  const auto origin = "model.initialize_from: " + path;
  auto notes = packaged.remarks;
  notes.push_back(
      fmt::format("{} is {}; of the first {} training rows, its L0 is {:.4g} and its explained variance "
                  "{:.4g}",
                  origin, description_of(packaged), found.rows, found.l0, found.explained));
  const auto caution = [&](const std::string& what) { notes.push_back("caution: " + origin + ": " + what); };
  const auto units = fmt::format(
      "are the rows, of mean norm {:.4g}, in the units and of the layer that it was trained on?", found.norm);
  if (!(found.explained >= 0))
    caution(fmt::format("its explained variance is {:.4g}, worse than the mean of the rows: {}",
                        found.explained, units));
  const auto latents = static_cast<double>(packaged.dictionary.latents());
  const auto& codes = packaged.dictionary.codes;
  const bool selects = codes.k > 0 && codes.rule != CodeRule::above_threshold;
  if (found.l0 == 0 || (found.l0 >= latents && !selects))
    caution(fmt::format("{} of its latents are active: {}", found.l0 == 0 ? "none" : "all", units));
  if (packaged.l0 && (found.l0 > kOff * *packaged.l0 || found.l0 < *packaged.l0 / kOff))
    caution(fmt::format("its L0 is {:.4g}, and {} says {:.4g}: {}", found.l0, packaged.l0_field, *packaged.l0,
                        units));
  return notes;
}

}  // namespace aelab
