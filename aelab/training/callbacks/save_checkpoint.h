#pragma once

#include <chrono>

#include "aelab/training/callback.h"
#include "aelab/training/monitor.h"

namespace aelab {

/// Writes checkpoints/last.safetensors, to resume from, and checkpoints/best.safetensors, the model with the
/// best value of a metric. Of the last at most one in `seconds`, besides those at the end of a phase and at
/// a stop.
class SaveCheckpoint : public Callback {
 public:
  struct Config {
    static constexpr std::string_view kind = "checkpoint";
    static constexpr std::string_view summary = "writes the last state, to resume from, and the best";
    MonitorConfig base = {};
    double seconds = 10;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.seconds = 0}}; }
  };

  explicit SaveCheckpoint(const Config& config);
  Order order() const override { return Order::checkpoint; }
  bool needs_folder() const override { return true; }
  std::string monitored() const override { return monitor_.name(); }
  void start(Training& training) override;
  void phase_begin(Training& training) override;
  void epoch_end(Training& training) override;
  void boundary(Training& training, Boundary boundary) override;
  std::string state_key() const override { return "checkpoint"; }
  nlohmann::json save() const override;
  void load(const nlohmann::json& saved) override;

 private:
  using Clock = std::chrono::steady_clock;

  Monitor monitor_;
  std::chrono::duration<double> interval_;
  Clock::time_point saved_ = Clock::now();
  bool improved_ = false;  // in the epoch that just ended
};

}  // namespace aelab
