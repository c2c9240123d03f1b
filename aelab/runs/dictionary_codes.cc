#include "aelab/runs/dictionary_codes.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "aelab/models/dictionaries.h"
#include "aelab/models/matching_pursuit.h"
#include "aelab/nn/bottlenecks.h"

namespace aelab {

std::span<const std::string_view> names(CodeRule) {
  static constexpr std::array<std::string_view, 6> kNames = {"relu",      "top-k", "absolute-top-k",
                                                             "threshold", "gated", "matching-pursuit"};
  return kNames;
}

namespace {

/// The parameter or buffer of a bottleneck.
Tensor state_of_codes(const Autoencoder& model, const std::string& name) {
  const auto parameters = model.bottleneck()->named_parameters(),
             buffers = model.bottleneck()->named_buffers();
  return parameters.contains(name) ? parameters[name] : buffers[name];
}

Tensor of_each(const Tensor& value, std::int64_t latents) {
  return value.detach().cpu().flatten().expand({latents}).contiguous();
}

/// Widths that a matryoshka penalty has, without that of no vector.
std::vector<std::int64_t> widths_of(const Autoencoder& model) {
  std::vector<std::int64_t> widths;
  for (const auto& penalty : *model.config().penalties)
    if (const auto* nested = penalty.get_if<MatryoshkaPenalty::Config>())
      for (const auto width : nested->widths)
        if (width > 0) widths.push_back(width);
  return widths;
}

}  // namespace

std::optional<DictionaryCodes> codes_of(const Autoencoder& model, std::int64_t latents) {
  const at::NoGradGuard no_grad;
  const auto& choice = *model.config().bottleneck;
  const auto state = [&](const char* name) { return of_each(state_of_codes(model, name), latents); };
  const auto threshold = [&] { return of_each(model.bottleneck()->threshold(), latents); };
  if (const auto* config = choice.get_if<TopKBottleneck::Config>())
    return DictionaryCodes{.rule = CodeRule::top_k, .k = static_cast<double>(config->k)};
  if (const auto* config = choice.get_if<AbsoluteTopKBottleneck::Config>())
    return DictionaryCodes{.rule = CodeRule::absolute_top_k, .k = static_cast<double>(config->k)};
  if (const auto* config = choice.get_if<BatchTopKBottleneck::Config>())
    return DictionaryCodes{.rule = CodeRule::above_threshold,
                           .k = config->k,
                           .of_batch = true,
                           .threshold = threshold().clamp_min(0),
                           .widths = widths_of(model)};
  if (choice.get_if<JumpReluBottleneck::Config>())
    return DictionaryCodes{.rule = CodeRule::above_threshold, .threshold = threshold()};
  if (choice.get_if<GatedBottleneck::Config>())
    return DictionaryCodes{.rule = CodeRule::gated,
                           .gate_bias = state("gate_bias"),
                           .magnitude_bias = state("magnitude_bias"),
                           .log_scale = state("log_scale")};
  if (const auto* config = choice.get_if<MatchingPursuitBottleneck::Config>())
    return DictionaryCodes{.rule = CodeRule::matching_pursuit,
                           .k = static_cast<double>(config->k),
                           .residual = config->residual};
  const auto* plain = choice.get_if<DeterministicBottleneck::Config>();
  if (plain && plain->activation == Activation::relu) return DictionaryCodes{.rule = CodeRule::positive};
  return {};
}

namespace {

void set_state(const Autoencoder& model, const char* name, const Tensor& values) {
  auto state = state_of_codes(model, name);
  state.copy_(values.view(state.sizes()));
}

/// So many averaged steps that an average that began at 0 needs no correction.
double settled_steps(double decay) {
  constexpr double kDigits = 27;  // binary ones, more than a float has
  return decay > 0 ? std::ceil(-kDigits * std::log(2) / std::log(decay)) : 1;
}

std::string set_threshold(const Autoencoder& model, const DictionaryCodes& codes) {
  const auto* of_batch = model.config().bottleneck->get_if<BatchTopKBottleneck::Config>();
  if (auto* jump_relu = dynamic_cast<JumpReluBottleneck*>(model.bottleneck().get())) {
    jump_relu->set_threshold(codes.threshold);
    return {};
  }
  if (!(codes.threshold == codes.threshold[0]).all().item<bool>())
    return "the model's threshold is one number for all vectors, and these have one each";
  set_state(model, "threshold", codes.threshold[0]);
  set_state(model, "threshold_steps", at::full({}, settled_steps(of_batch->decay)));
  return {};
}

}  // namespace

std::string set_codes(const Autoencoder& model, const DictionaryCodes& codes, std::int64_t latents) {
  const at::NoGradGuard no_grad;
  const auto own = codes_of(model, latents);
  if (!own || own->rule != codes.rule)
    return "the model has the bottleneck \"" + model.config().bottleneck->kind() + "\"";
  if (own->k > 0 && codes.k > 0 && own->k != codes.k) return fmt::format("the model's k is {}", own->k);
  if (own->residual != codes.residual) return fmt::format("the model's residual is {}", own->residual);
  if (codes.rule == CodeRule::above_threshold) return set_threshold(model, codes);
  if (codes.rule == CodeRule::gated) {
    set_state(model, "gate_bias", codes.gate_bias);
    set_state(model, "magnitude_bias", codes.magnitude_bias);
    set_state(model, "log_scale", codes.log_scale);
  }
  return {};
}

nlohmann::ordered_json recipe_of(const DictionaryCodes& codes) {
  const auto of = [](std::string_view kind) { return nlohmann::ordered_json{{"variant", kind}}; };
  const auto with_k = [&](std::string_view kind) {
    auto recipe = of(kind);
    const auto whole = static_cast<std::int64_t>(codes.k);
    if (static_cast<double>(whole) == codes.k)
      recipe["k"] = whole;
    else
      recipe["k"] = codes.k;
    return recipe;
  };
  switch (codes.rule) {
    case CodeRule::positive:
      return of(L1Dictionary::Config::kind);
    case CodeRule::top_k:
      return with_k(TopK::Config::kind);
    case CodeRule::gated:
      return of(Gated::Config::kind);
    case CodeRule::absolute_top_k: {
      auto recipe = with_k(TopK::Config::kind);
      recipe["absolute"] = true;
      return recipe;
    }
    case CodeRule::matching_pursuit: {
      auto recipe = with_k(MatchingPursuit::Config::kind);
      if (codes.residual > 0) recipe["residual"] = codes.residual;
      return recipe;
    }
    case CodeRule::above_threshold:
      break;
  }
  if (!codes.of_batch) return of(JumpReluDictionary::Config::kind);
  auto recipe = with_k(codes.widths.empty() ? BatchTopK::Config::kind : Matryoshka::Config::kind);
  if (!codes.widths.empty()) recipe["widths"] = codes.widths;
  return recipe;
}

}  // namespace aelab
