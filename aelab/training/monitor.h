#pragma once

#include <optional>
#include <string>

#include "aelab/core/fields.h"
#include "aelab/training/training.h"

namespace aelab {

enum class Mode { min, max };
std::span<const std::string_view> names(Mode);

/// Which metric a callback watches, and what counts as better.
struct MonitorConfig {
  std::optional<std::string> monitor = {};
  Mode mode = Mode::min;
  double min_delta = 0;
  std::int64_t warmup = 0;

  void fields(Fields& f);
};

/// The best value of a metric so far. NaN and infinity are never better.
class Monitor {
 public:
  explicit Monitor(MonitorConfig config) : config_(std::move(config)) {}

  /// The metric's name, if the config gives one; else it is validation/loss, or train/loss without
  /// validation.
  std::string name() const { return config_.monitor.value_or(""); }
  std::string name_in(const Training& training) const;
  void reset() { best_.reset(); }
  /// Whether the phase's warm-up is over, in which nothing counts.
  bool counts(const Training& training) const { return training.progress.phase_epoch > config_.warmup; }
  /// This epoch's value, negated where larger is better. Nothing while nothing counts, in phases that do not
  /// have the metric, and for NaN, which is noted.
  std::optional<double> loss(Training& training) const;
  /// Whether this epoch's value is better than all before by more than min_delta; if so it is kept. False
  /// where there is none.
  bool improved(Training& training);

  const std::optional<double>& best() const { return best_; }
  nlohmann::json save() const;
  void load(const nlohmann::json& saved);

 private:
  MonitorConfig config_;
  std::optional<double> best_;
};

}  // namespace aelab
