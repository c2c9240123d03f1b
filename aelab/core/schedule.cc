#include "aelab/core/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "aelab/core/text.h"

namespace aelab {

Registry<ScheduleKind>& ScheduleKind::registry() {
  static auto registry = [] {
    Registry<ScheduleKind> kinds("schedule", "schedules", "kind");
    kinds.add<ConstantSchedule>()
        .add<LinearSchedule>()
        .add<StepSchedule>()
        .add<ExponentialSchedule>()
        .add<CosineSchedule>();
    kinds.number_means("constant", "value");
    return kinds;
  }();
  return registry;
}

Schedule::Schedule(double constant) : Choice(ConstantSchedule::Config{.value = constant}) {}

namespace {

/// The first value that is out of bounds.
std::optional<double> first_outside(const Schedule& schedule, const Bounds& bounds) {
  constexpr std::int64_t kSteps = 1000;  // of the phase that is tried
  const auto made = schedule.make();
  for (std::int64_t step = 0; step < kSteps; ++step)
    if (const double value = made->at(step, kSteps); !bounds.allow(value)) return value;
  return {};
}

}  // namespace

namespace {

void require_within(Fields& f, std::string_view name, const Schedule& schedule, const Bounds& bounds) {
  const auto outside = first_outside(schedule, bounds);
  const bool constant = schedule.get_if<ConstantSchedule::Config>();
  f.require(
      !outside, name,
      "must stay " + in_words(bounds) + (constant ? ", is " : ", reaches ") + shortest(outside.value_or(0)));
}

}  // namespace

Fields::Listed schedule_field(Fields& f, std::string_view name, Schedule& schedule, const std::string& help,
                              const Bounds& bounds) {
  const auto listed = f(name, schedule, help + ", " + in_words(bounds));
  require_within(f, name, schedule, bounds);
  return listed;
}

Fields::Listed schedule_field(Fields& f, std::string_view name, std::optional<Schedule>& schedule,
                              const std::string& help, const Bounds& bounds) {
  const auto listed = f(name, schedule, help + ", " + in_words(bounds));
  if (schedule) require_within(f, name, *schedule, bounds);
  return listed;
}

namespace {

/// A required value of a schedule.
void needed(Fields& f, const char* name, std::optional<double>& value, const char* help,
            const Bounds& bounds = {}) {
  f(name, value, help, bounds);
  f.require(value.has_value(), name, "must be given");
}

constexpr const char* kAmount = ": a number of steps, or a fraction of the phase below 1";

std::int64_t steps_of(double amount, std::int64_t steps) {
  return amount < 1 ? std::llround(amount * static_cast<double>(steps)) : static_cast<std::int64_t>(amount);
}

std::int64_t steps_of(const std::optional<double>& amount, std::int64_t steps) {
  return amount ? steps_of(*amount, steps) : steps;
}

/// 0 at the first of `length` steps, 1 at the last and after it.
double done(std::int64_t step, std::int64_t length) {
  if (length <= 1) return 1;
  return std::min(1.0, static_cast<double>(step) / static_cast<double>(length - 1));
}

}  // namespace

void ConstantSchedule::Config::fields(Fields& f) { needed(f, "value", value, "the value"); }

void LinearSchedule::Config::fields(Fields& f) {
  needed(f, "from", from, "the value at the first step of the phase");
  needed(f, "to", to, "the value at the end");
  f("over", over, std::string("duration; default: the whole phase") + kAmount, above(0))
      .also_known_as({"steps", "duration"});
}

double LinearSchedule::at(std::int64_t step, std::int64_t steps) const {
  const double from = config_.from.value_or(0), to = config_.to.value_or(0);
  return from + (to - from) * done(step, length(steps));
}

std::int64_t LinearSchedule::length(std::int64_t steps) const { return steps_of(config_.over, steps); }

void StepSchedule::Config::fields(Fields& f) {
  needed(f, "value", value, "the value at the first step of the phase");
  f("factor", factor, "factor", above(0)).also_known_as({"gamma"});
  f("every", every, std::string("interval, by default .34") + kAmount, above(0))
      .also_known_as({"step_size", "interval"});
  f("milestones", milestones,
    "where it is multiplied, instead of at regular intervals, in ascending order; numbers of steps, or "
    "fractions of the phase below 1",
    above(0));
  f.require(milestones.empty() || !every, "milestones", "conflict with \"every\": give one of them");
  f.require(std::is_sorted(milestones.begin(), milestones.end()), "milestones", "must be in ascending order");
}

std::int64_t StepSchedule::interval(std::int64_t steps) const {
  constexpr double kDefault = 0.34;
  return steps_of(config_.every.value_or(kDefault), steps);
}

double StepSchedule::at(std::int64_t step, std::int64_t steps) const {
  const auto& milestones = config_.milestones;
  const auto times = milestones.empty()
                         ? step / std::max<std::int64_t>(interval(steps), 1)
                         : std::count_if(milestones.begin(), milestones.end(), [&](double milestone) {
                             return step >= steps_of(milestone, steps);
                           });
  return config_.value.value_or(0) * std::pow(config_.factor, static_cast<double>(times));
}

std::int64_t StepSchedule::length(std::int64_t steps) const {
  const auto& milestones = config_.milestones;
  return (milestones.empty() ? interval(steps) : steps_of(milestones.back(), steps)) + 1;
}

void ExponentialSchedule::Config::fields(Fields& f) {
  needed(f, "from", from, "the value at the first step of the phase", above(0));
  needed(f, "to", to, "the value at the end", above(0));
  f("over", over, std::string("duration; default: the whole phase") + kAmount, above(0))
      .also_known_as({"steps", "duration"});
}

double ExponentialSchedule::at(std::int64_t step, std::int64_t steps) const {
  const double from = config_.from.value_or(1), to = config_.to.value_or(1);
  return from * std::pow(to / from, done(step, length(steps)));
}

std::int64_t ExponentialSchedule::length(std::int64_t steps) const { return steps_of(config_.over, steps); }

void CosineSchedule::Config::fields(Fields& f) {
  needed(f, "from", from, "the value after the warm-up");
  f("to", to, "the value at the end of each period");
  f("warmup", warmup, std::string("duration of the linear warm-up from 0") + kAmount, at_least(0))
      .also_known_as({"warmup_steps"});
  f("restarts", restarts, "number of restarts", at_least(0)).also_known_as({"cycles"});
}

double CosineSchedule::at(std::int64_t step, std::int64_t steps) const {
  const auto warmup = steps_of(config_.warmup, steps);
  const double from = config_.from.value_or(0);
  if (step < warmup) return from * static_cast<double>(step + 1) / static_cast<double>(warmup);
  // Period i begins at step warmup + i length / periods, rounded up; a step beyond the phase is in the last.
  const auto periods = config_.restarts + 1, length = std::max(steps - warmup, periods);
  const auto begin = [&](std::int64_t i) { return (i * length + periods - 1) / periods; };
  const auto at = std::min(step - warmup, length - 1), i = at * periods / length;
  const auto fallen = done(at - begin(i), begin(i + 1) - begin(i));
  return config_.to + (from - config_.to) * 0.5 * (1 + std::cos(std::numbers::pi * fallen));
}

std::int64_t CosineSchedule::length(std::int64_t steps) const {
  return std::max(steps, steps_of(config_.warmup, steps) + 2 * (config_.restarts + 1));
}

}  // namespace aelab
