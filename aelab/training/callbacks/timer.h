#pragma once

#include <chrono>

#include "aelab/training/callback.h"

namespace aelab {

/// Ends the run after a wall-clock time of training, which includes the time before the run was stopped and
/// resumed, and no turns of models that are trained together with this one. The last epoch, which is cut
/// short, is measured like any other.
class Timer : public Callback {
 public:
  struct Config {
    static constexpr std::string_view kind = "timer";
    static constexpr std::string_view summary = "ends the run after a maximum time of training";
    double seconds = 3600;

    void fields(Fields& f) { f("seconds", seconds, "maximum wall-clock time of training", above(0)); }
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
  double before_ = 0;                   // seconds that earlier processes trained
  const Training* training_ = nullptr;  // since it started
  Clock::time_point begun_;

  double spent() const;
};

}  // namespace aelab
