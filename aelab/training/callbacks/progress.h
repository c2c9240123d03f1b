#pragma once

#include <chrono>

#include "aelab/training/callback.h"
#include "aelab/training/monitor.h"

namespace aelab {

enum class Display { automatic, plain };
std::span<const std::string_view> names(Display);

/// Shows one line per epoch on stderr and, on a terminal, a live bar with the loss, the speed and the time
/// left. The bar fits the terminal's width at every moment; lines are wrapped to it. A terminal that cannot
/// draw a line again (TERM=dumb) gets no bar, a file gets unbroken lines. Of models that are trained together
/// all lines have their names, and one bar has the losses of all.
class ProgressBar : public Callback {
 public:
  struct Config {
    static constexpr std::string_view kind = "progress";
    static constexpr std::string_view summary = "shows one line per epoch and, on a terminal, a live bar";
    static constexpr std::string_view also_known_as[] = {"progress-bar", "tqdm"};
    Display display = Display::automatic;

    void fields(Fields& f) { f("display", display, "auto: a live bar on a terminal; plain: no live bar"); }
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit ProgressBar(const Config& config) : best_({}), display_(config.display) {}

  /// What the bars of models that are trained together show on one live line: their losses, by name.
  using Losses = std::vector<std::pair<std::string, std::string>>;
  /// The display of one of them: its lines begin with its name.
  ProgressBar(Display display, std::string name, std::shared_ptr<Losses> losses);
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
  std::string name_ = {};                // of a model that is trained together with others
  std::shared_ptr<Losses> losses_ = {};  // of all of them
  bool live_ = false;
  Clock::time_point drawn_;        // when the bar was last drawn
  Clock::time_point epoch_begun_;  // when this process began the epoch
  Clock::time_point begun_;        // when this process began to train
  std::int64_t steps_before_ = 0;  // done by earlier processes, before a resume

  void draw(const Training& training) const;
  std::string shown_loss(const Training& training) const;
  std::string named(const std::string& text) const { return name_.empty() ? text : name_ + ": " + text; }
};

}  // namespace aelab
