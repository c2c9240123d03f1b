#include "aelab/training/monitor.h"

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

namespace aelab {

std::span<const std::string_view> names(Mode) {
  static constexpr std::array<std::string_view, 2> kNames = {"min", "max"};
  return kNames;
}

void MonitorConfig::fields(Fields& f) {
  f("monitor", monitor,
    "the metric to watch; when left out validation/loss, or train/loss where nothing is validated");
  f("mode", mode, "whether smaller or larger is better");
  f("min_delta", min_delta, "improvements no larger than this do not count", at_least(0));
}

std::string Monitor::name_in(const Training& training) const {
  if (config_.monitor) return *config_.monitor;
  return training.data.validation.size() > 0 ? "validation/loss" : "train/loss";
}

bool Monitor::improved(const Training& training) {
  const auto value = find(training.metrics, name_in(training));
  if (!value || std::isnan(*value)) return false;
  const double gain = config_.mode == Mode::min ? -*value : *value;
  if (best_ && !(gain > (config_.mode == Mode::min ? -*best_ : *best_) + config_.min_delta)) return false;
  best_ = value;
  return true;
}

nlohmann::json Monitor::save() const { return best_ ? nlohmann::json(*best_) : nlohmann::json(nullptr); }

void Monitor::load(const nlohmann::json& saved) {
  best_.reset();
  if (!saved.is_null()) best_ = saved.get<double>();
}

}  // namespace aelab
