#include "aelab/training/monitor.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "aelab/training/callback.h"

namespace aelab {

std::span<const std::string_view> names(Mode) {
  static constexpr std::array<std::string_view, 2> kNames = {"min", "max"};
  return kNames;
}

void MonitorConfig::fields(Fields& f) {
  f("monitor", monitor,
    "metric to monitor; default: validation/loss, or train/loss without a validation split")
      .also_known_as({"metric", "quantity"});
  f("mode", mode, "min: smaller is better; max: larger is better");
  f("min_delta", min_delta, "smallest change that counts as an improvement", at_least(0))
      .also_known_as({"threshold", "tolerance", "tol", "delta"});
  f("warmup", warmup, "number of epochs at the beginning of a phase that do not count", at_least(0))
      .also_known_as({"start_from_epoch"});
}

std::string Monitor::name_in(const Training& training) const {
  if (config_.monitor) return *config_.monitor;
  return (training.data.validation.size() > 0 ? "validation/" : "train/") +
         training.phase().prefix(training.phase().main()) + "loss";
}

bool Monitor::counts(const Training& training) const {
  return training.progress.phase_epoch > config_.warmup &&
         std::all_of(training.callbacks.begin(), training.callbacks.end(),
                     [&](const auto& callback) { return callback->epoch_counts(training); });
}

std::optional<double> Monitor::loss(Training& training) const {
  const auto value = find(training.metrics, name_in(training));
  if (!value || !counts(training)) return {};
  if (!std::isfinite(*value)) {
    training.note(name_in(training) + " is NaN or infinite: this epoch does not count");
    return {};
  }
  return config_.mode == Mode::min ? *value : -*value;
}

bool Monitor::improved(Training& training) {
  const auto now = loss(training);
  if (!now) return false;
  const double sign = config_.mode == Mode::min ? 1 : -1;
  if (best_ && *now >= sign * *best_ - config_.min_delta) return false;
  best_ = sign * *now;
  return true;
}

nlohmann::json Monitor::save() const { return best_ ? nlohmann::json(*best_) : nlohmann::json(nullptr); }

void Monitor::load(const nlohmann::json& saved) {
  best_.reset();
  if (!saved.is_null()) best_ = saved.get<double>();
}

}  // namespace aelab
