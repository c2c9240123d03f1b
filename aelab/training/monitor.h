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

  void fields(Fields& f);
};

/// The best value of a metric so far. NaN is never better.
class Monitor {
 public:
  explicit Monitor(MonitorConfig config) : config_(std::move(config)) {}

  /// The metric's name, if the config gives one; else it is validation/loss, or train/loss without
  /// validation.
  std::string name() const { return config_.monitor.value_or(""); }
  std::string name_in(const Training& training) const;
  void reset() { best_.reset(); }
  /// Whether this epoch's value is better than all before by more than min_delta; if so it is kept. False
  /// in phases that do not have the metric.
  bool improved(const Training& training);

  const std::optional<double>& best() const { return best_; }
  nlohmann::json save() const;
  void load(const nlohmann::json& saved);

 private:
  MonitorConfig config_;
  std::optional<double> best_;
};

}  // namespace aelab
