#pragma once

#include <cstdint>

#include "aelab/core/registry.h"

namespace aelab {

/// A value that changes while a phase runs: a pure function of the step, with no state to save.
class ScheduleKind {
 public:
  static Registry<ScheduleKind>& registry();

  virtual ~ScheduleKind() = default;
  /// The value at `step` (counted from 0) of a phase of `steps` steps.
  virtual double at(std::int64_t step, std::int64_t steps) const = 0;
};

/// Any weight, level or rate: in JSON a number or a schedule object, in C++ a double or a schedule's config.
class Schedule : public Choice<ScheduleKind> {
 public:
  Schedule() : Schedule(0.0) {}
  Schedule(double constant);  // NOLINT(google-explicit-constructor): a number is a schedule
  template <class Config>
  requires requires { Config::kind; }
  Schedule(Config config) : Choice(std::move(config)) {}  // NOLINT(google-explicit-constructor)

  double at(std::int64_t step, std::int64_t steps) const { return make()->at(step, steps); }
};

class ConstantSchedule : public ScheduleKind {
 public:
  struct Config {
    static constexpr std::string_view kind = "constant";
    static constexpr std::string_view summary = "the same value at every step";
    double value = 0;

    void fields(Fields& f) { f("value", value, "the value"); }
    static std::vector<Config> examples() { return {{.value = 0.5}}; }
  };

  explicit ConstantSchedule(const Config& config) : value_(config.value) {}
  double at(std::int64_t, std::int64_t) const override { return value_; }

 private:
  double value_;
};

/// Half a cosine from `from` to `to` over the phase (Loshchilov & Hutter 2017, eq. 5, one period).
class CosineSchedule : public ScheduleKind {
 public:
  struct Config {
    static constexpr std::string_view kind = "cosine";
    static constexpr std::string_view summary =
        "falls from one value to another along half a cosine, over the phase";
    double from = 1e-3;
    double to = 0;

    void fields(Fields& f) {
      f("from", from, "the value at the phase's first step");
      f("to", to, "the value at its last step");
    }
    static std::vector<Config> examples() { return {{.from = 1e-2, .to = 1e-4}}; }
  };

  explicit CosineSchedule(const Config& config) : config_(config) {}
  double at(std::int64_t step, std::int64_t steps) const override;

 private:
  Config config_;
};

}  // namespace aelab
