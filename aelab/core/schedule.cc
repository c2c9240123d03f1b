#include "aelab/core/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace aelab {

Registry<ScheduleKind>& ScheduleKind::registry() {
  static auto registry = [] {
    Registry<ScheduleKind> kinds("schedule", "schedules", "kind");
    kinds.add<ConstantSchedule>().add<CosineSchedule>();
    kinds.number_means("constant", "value");
    return kinds;
  }();
  return registry;
}

Schedule::Schedule(double constant) : Choice(ConstantSchedule::Config{.value = constant}) {}

double CosineSchedule::at(std::int64_t step, std::int64_t steps) const {
  const double last = static_cast<double>(std::max<std::int64_t>(steps - 1, 1));
  const double done = std::clamp(static_cast<double>(step) / last, 0.0, 1.0);
  return config_.to + (config_.from - config_.to) * 0.5 * (1 + std::cos(std::numbers::pi * done));
}

}  // namespace aelab
