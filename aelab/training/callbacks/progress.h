#pragma once

#include <chrono>

#include "aelab/training/callback.h"
#include "aelab/training/monitor.h"

namespace aelab {

enum class Display { automatic, plain };
std::span<const std::string_view> names(Display);

/// Shows on stderr one line an epoch and, on a terminal, a live bar with loss, speed and time left.
class ProgressBar : public Callback {
 public:
  struct Config {
    static constexpr std::string_view kind = "progress";
    static constexpr std::string_view summary = "shows a line an epoch and, on a terminal, a live bar";
    Display display = Display::automatic;

    void fields(Fields& f) { f("display", display, "auto: a live bar on a terminal; plain: never one"); }
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit ProgressBar(const Config& config) : best_({}), display_(config.display) {}
  void start(Training& training) override;
  void phase_begin(Training& training) override;
  void step_end(Training& training) override;
  void epoch_end(Training& training) override;
  void finish(Training& training) override;
  std::string state_key() const override { return "progress"; }
  nlohmann::json save() const override;
  void load(const nlohmann::json& saved) override;

 private:
  using Clock = std::chrono::steady_clock;

  Monitor best_;
  Display display_;
  bool live_ = false;
  Clock::time_point drawn_;        // the bar, last
  Clock::time_point epoch_begun_;  // or the training, if it was resumed within
  Clock::time_point begun_;
  std::int64_t steps_before_ = 0;  // that another process did

  void draw(const Training& training) const;
};

}  // namespace aelab
