#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "aelab/core/registry.h"

namespace aelab {

/// A value that changes during a phase: a pure function of the step, without state. Lengths within a phase
/// are numbers of steps, or if they are below 1, fractions of the phase.
class ScheduleKind {
 public:
  static Registry<ScheduleKind>& registry();

  virtual ~ScheduleKind() = default;
  /// The value at `step` (from 0) of a phase of `steps` steps.
  virtual double at(std::int64_t step, std::int64_t steps) const = 0;
  /// The number of steps until the schedule is complete, in a phase of `steps` steps.
  virtual std::int64_t length(std::int64_t steps) const { return steps; }
};

/// A weight, level or rate: in JSON a number or a schedule object, in C++ a double or a schedule's config.
class Schedule : public Choice<ScheduleKind> {
 public:
  Schedule() : Schedule(0.0) {}
  Schedule(double constant);  // NOLINT(google-explicit-constructor): a number is a schedule
  template <class Config>
  requires requires { Config::kind; }
  Schedule(Config config) : Choice(std::move(config)) {}  // NOLINT(google-explicit-constructor)

  double at(std::int64_t step, std::int64_t steps) const { return make()->at(step, steps); }
};

/// Lists a schedule whose values must all be within `bounds`, from the first step of a phase to the last.
Fields::Listed schedule_field(Fields& f, std::string_view name, Schedule& schedule, const std::string& help,
                              const Bounds& bounds);
/// Lists a schedule that may be left out.
Fields::Listed schedule_field(Fields& f, std::string_view name, std::optional<Schedule>& schedule,
                              const std::string& help, const Bounds& bounds);

class ConstantSchedule : public ScheduleKind {
 public:
  struct Config {
    static constexpr std::string_view kind = "constant";
    static constexpr std::string_view summary = "a constant value";
    std::optional<double> value = {};

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.value = 0.5}}; }
  };

  explicit ConstantSchedule(const Config& config) : value_(config.value.value_or(0)) {}
  double at(std::int64_t, std::int64_t) const override { return value_; }

 private:
  double value_;
};

/// Linear interpolation from `from` to `to`, then `to`.
class LinearSchedule : public ScheduleKind {
 public:
  struct Config {
    static constexpr std::string_view kind = "linear";
    static constexpr std::string_view summary = "linear interpolation from one value to another";
    static constexpr std::string_view also_known_as[] = {"linear-lr", "linear-decay", "warmup"};
    std::optional<double> from = {};
    std::optional<double> to = {};
    std::optional<double> over = {};

    void fields(Fields& f);
    static std::vector<Config> examples() {
      return {{.from = 0.01, .to = 0.001}, {.from = 0, .to = 0.01, .over = 0.25}};
    }
  };

  explicit LinearSchedule(const Config& config) : config_(config) {}
  double at(std::int64_t step, std::int64_t steps) const override;
  std::int64_t length(std::int64_t steps) const override;

 private:
  Config config_;
};

/// The value times factor^n after n intervals of `every` steps, or after n milestones.
class StepSchedule : public ScheduleKind {
 public:
  struct Config {
    static constexpr std::string_view kind = "step";
    static constexpr std::string_view summary =
        "multiplied by a factor at regular intervals, or at milestones";
    static constexpr std::string_view also_known_as[] = {"step-lr", "multi-step", "multi-step-lr"};
    std::optional<double> value = {};
    double factor = 0.1;
    std::optional<double> every = {};  ///< unset: .34, where there are no milestones
    std::vector<double> milestones = {};

    void fields(Fields& f);
    static std::vector<Config> examples() {
      return {{.value = 0.01, .factor = 0.5, .every = 0.25},
              {.value = 0.01, .factor = 0.5, .milestones = {0.1, 0.4}}};
    }
  };

  explicit StepSchedule(const Config& config) : config_(config) {}
  double at(std::int64_t step, std::int64_t steps) const override;
  std::int64_t length(std::int64_t steps) const override;

 private:
  Config config_;

  std::int64_t interval(std::int64_t steps) const;
};

/// Exponential interpolation from `from` to `to` (the same factor at every step), then `to`.
class ExponentialSchedule : public ScheduleKind {
 public:
  struct Config {
    static constexpr std::string_view kind = "exponential";
    static constexpr std::string_view summary = "exponential interpolation from one value to another";
    static constexpr std::string_view also_known_as[] = {"exponential-lr", "exponential-decay"};
    std::optional<double> from = {};
    std::optional<double> to = {};
    std::optional<double> over = {};

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.from = 0.01, .to = 0.0001}}; }
  };

  explicit ExponentialSchedule(const Config& config) : config_(config) {}
  double at(std::int64_t step, std::int64_t steps) const override;
  std::int64_t length(std::int64_t steps) const override;

 private:
  Config config_;
};

/// Linear warm-up to `from`, then half a cosine down to `to`, repeated after every restart (Loshchilov &
/// Hutter 2017, eq. 5). The periods are equal up to one step, and each ends at `to`.
class CosineSchedule : public ScheduleKind {
 public:
  struct Config {
    static constexpr std::string_view kind = "cosine";
    static constexpr std::string_view summary = "cosine annealing with warm-up and restarts";
    static constexpr std::string_view also_known_as[] = {"cosine-annealing", "cosine-annealing-lr"};
    std::optional<double> from = {};
    double to = 0;
    double warmup = 0;
    std::int64_t restarts = 0;

    void fields(Fields& f);
    static std::vector<Config> examples() {
      return {{.from = 1e-2, .to = 1e-4}, {.from = 1e-2, .warmup = 0.1, .restarts = 2}};
    }
  };

  explicit CosineSchedule(const Config& config) : config_(config) {}
  double at(std::int64_t step, std::int64_t steps) const override;
  std::int64_t length(std::int64_t steps) const override;

 private:
  Config config_;
};

}  // namespace aelab
