#pragma once

#include <chrono>
#include <utility>
#include <vector>

#include "aelab/training/callback.h"
#include "aelab/training/monitor.h"

namespace aelab {

/// Writes into checkpoints/: last.safetensors, to resume from, at the end of a phase, at a stop, and
/// otherwise at most every `seconds`; previous.safetensors, the one before it, in case the last one is
/// damaged; best.safetensors, with the best value of a metric; on request the best few epochs and every n-th
/// epoch, as best-epoch-0007.safetensors and epoch-0010.safetensors.
///
/// The best checkpoint is that of the phase that made the model what it is: a new phase discards it, and a
/// phase in which the metric never improves, or does not exist, ends with its final state as the best. Where
/// the best checkpoint is missing on resume, the training cautions of it, and epochs before do not count.
class SaveCheckpoint : public Callback {
 public:
  struct Config {
    static constexpr std::string_view kind = "checkpoint";
    static constexpr std::string_view summary =
        "writes checkpoints: the last state, to resume from, and the best";
    static constexpr std::string_view also_known_as[] = {"model-checkpoint", "save"};
    MonitorConfig base = {};
    double seconds = 10;
    std::int64_t top = 0;
    std::optional<std::int64_t> every = {};

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.seconds = 0}, {.top = 2, .every = 2}}; }
  };

  explicit SaveCheckpoint(const Config& config) : config_(config), monitor_(config.base) {}
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

  Config config_;
  Monitor monitor_;
  Clock::time_point saved_ = Clock::now();
  bool improved_ = false;                             // in the epoch that just ended
  std::vector<std::pair<double, std::int64_t>> top_;  // values and epochs of the best few, best first

  void save_last(Training& training);
  void save_epoch(Training& training);
  void save_top(Training& training);
};

}  // namespace aelab
