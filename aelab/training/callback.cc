#include "aelab/training/callback.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace aelab {

nlohmann::json Callback::save() const { return {}; }
void Callback::load(const nlohmann::json&) {}

void CallbackConfig::fields(Fields& f) {
  f.flatten(callback);
  f("enabled", enabled, "false: leaves out this callback, even a default one")
      .also_known_as({"active", "disabled"});
}

namespace {

constexpr std::string_view kDefaults[] = {"log", "code-use", "checkpoint", "stop-on-nan"};

std::vector<CallbackConfig> with_defaults(std::vector<CallbackConfig> configs, bool with_folder) {
  for (const auto kind : kDefaults) {
    const auto named = [&](const CallbackConfig& config) {
      return !config.callback.empty() && config.callback.kind() == kind;
    };
    if (std::any_of(configs.begin(), configs.end(), named)) continue;
    auto config = CallbackConfig{.callback = Choice<Callback>::named(kind)};
    if (with_folder || !config.callback.make()->needs_folder()) configs.push_back(std::move(config));
  }
  return configs;
}

void check_state_keys(const std::vector<CallbackConfig>& configs) {
  std::map<std::string, std::size_t> owners;
  for (std::size_t i = 0; i < configs.size(); ++i) {
    if (configs[i].callback.empty()) continue;
    const auto key = configs[i].enabled ? configs[i].callback.make()->state_key() : std::string();
    if (key.empty()) continue;
    if (const auto [owner, is_new] = owners.try_emplace(key, i); !is_new)
      throw Error("callbacks[" + std::to_string(i) + "]: saves its state as \"" + key + "\", as callbacks[" +
                  std::to_string(owner->second) + "] does; remove one of them");
  }
}

}  // namespace

std::vector<std::shared_ptr<Callback>> make_callbacks(const std::vector<CallbackConfig>& listed,
                                                      bool with_folder) {
  const auto configs = with_defaults(listed, with_folder);
  check_state_keys(configs);
  std::vector<std::shared_ptr<Callback>> callbacks;
  for (const auto& config : configs) {
    if (!config.enabled || config.callback.empty()) continue;
    callbacks.push_back(config.callback.make());
    if (callbacks.back()->needs_folder() && !with_folder)
      throw Error("callbacks: \"" + config.callback.kind() +
                  "\" writes into a run folder, but this training has none");
  }
  std::stable_sort(callbacks.begin(), callbacks.end(),
                   [](const auto& a, const auto& b) { return a->order() < b->order(); });
  return callbacks;
}

}  // namespace aelab
