#include "aelab/training/callback.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace aelab {

nlohmann::json Callback::save() const { return {}; }
void Callback::load(const nlohmann::json&) {}

void CallbackConfig::fields(Fields& f) {
  f.flatten(callback);
  f("enabled", enabled, "false leaves it out, a default one too");
}

namespace {

constexpr std::string_view kDefaults[] = {"progress", "log", "checkpoint", "stop-on-nan"};

std::vector<CallbackConfig> with_defaults(std::vector<CallbackConfig> configs, bool with_folder) {
  for (const auto kind : kDefaults) {
    const auto named = [&](const CallbackConfig& config) { return config.callback.kind() == kind; };
    if (std::any_of(configs.begin(), configs.end(), named)) continue;
    auto config = CallbackConfig{.callback = Choice<Callback>::named(kind)};
    if (with_folder || !config.callback.make()->needs_folder()) configs.push_back(std::move(config));
  }
  return configs;
}

void check_state_keys(const std::vector<std::shared_ptr<Callback>>& callbacks) {
  std::set<std::string> keys;
  for (const auto& callback : callbacks)
    if (const auto key = callback->state_key(); !key.empty() && !keys.insert(key).second)
      throw Error("callbacks: two of them keep their memory under \"" + key + "\"; remove one");
}

}  // namespace

std::vector<std::shared_ptr<Callback>> make_callbacks(const std::vector<CallbackConfig>& listed,
                                                      bool with_folder) {
  std::vector<std::shared_ptr<Callback>> callbacks;
  for (const auto& config : with_defaults(listed, with_folder)) {
    if (!config.enabled) continue;
    callbacks.push_back(config.callback.make());
    if (callbacks.back()->needs_folder() && !with_folder)
      throw Error("callbacks: \"" + config.callback.kind() +
                  "\" writes into a run folder, and this training has none");
  }
  std::stable_sort(callbacks.begin(), callbacks.end(),
                   [](const auto& a, const auto& b) { return a->order() < b->order(); });
  check_state_keys(callbacks);
  return callbacks;
}

}  // namespace aelab
