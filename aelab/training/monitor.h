#pragma once

#include <optional>
#include <string>

#include "aelab/core/fields.h"
#include "aelab/training/training.h"

namespace aelab {

enum class Mode { min, max };
std::span<const std::string_view> names(Mode);

/// The metric that a callback monitors, and what counts as an improvement.
struct MonitorConfig {
  std::optional<std::string> monitor = {};
  Mode mode = Mode::min;
  double min_delta = 0;
  std::int64_t warmup = 0;

  void fields(Fields& f);
};

/// The best value of a metric so far. NaN and infinite values are never better.
class Monitor {
 public:
  explicit Monitor(MonitorConfig config) : config_(std::move(config)) {}

  /// The name of the metric if the config has one; otherwise it is validation/loss, or train/loss without a
  /// validation split: the loss of the phase's main update, with its prefix.
  std::string name() const { return config_.monitor.value_or(""); }
  std::string name_in(const Training& training) const;
  void reset() { best_.reset(); }
  /// Whether the warm-up of the phase is over, in which no epoch counts, and this one counts for all
  /// callbacks.
  bool counts(const Training& training) const;
  /// The value of this epoch, negated if larger is better. Nothing where it does not count, in phases without
  /// the metric, and for NaN, which is noted.
  std::optional<double> loss(Training& training) const;
  /// Whether the value of this epoch is better than all before it by more than min_delta; if so it is kept.
  /// False if there is none.
  bool improved(Training& training);

  const std::optional<double>& best() const { return best_; }
  nlohmann::json save() const;
  void load(const nlohmann::json& saved);

 private:
  MonitorConfig config_;
  std::optional<double> best_;
};

}  // namespace aelab
