#pragma once

#include <chrono>

#include "aelab/training/callback.h"

namespace aelab {

/// Ends the run, in good order, when it has trained for so many seconds of wall-clock time; the time before
/// it was stopped and resumed counts. The epoch that is cut short is measured like any other.
class Timer : public Callback {
 public:
  struct Config {
    static constexpr std::string_view kind = "timer";
    static constexpr std::string_view summary = "ends the run after so many seconds of training";
    double seconds = 3600;

    void fields(Fields& f) { f("seconds", seconds, "wall-clock time that training may take", above(0)); }
    static std::vector<Config> examples() { return {{.seconds = 600}}; }
  };

  explicit Timer(const Config& config) : budget_(config.seconds) {}
  Order order() const override { return Order::monitor; }
  void start(Training& training) override;
  void step_end(Training& training) override;
  std::string state_key() const override { return "timer"; }
  nlohmann::json save() const override;
  void load(const nlohmann::json& saved) override;

 private:
  using Clock = std::chrono::steady_clock;

  double budget_;
  double before_ = 0;  // seconds that earlier processes trained
  Clock::time_point begun_ = Clock::now();

  double spent() const { return before_ + std::chrono::duration<double>(Clock::now() - begun_).count(); }
};

}  // namespace aelab
