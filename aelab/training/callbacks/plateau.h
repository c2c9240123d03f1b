#pragma once

#include "aelab/training/callback.h"
#include "aelab/training/monitor.h"

namespace aelab {

/// Reduces the learning rate by a factor when a metric has not improved for `patience` epochs: that of every
/// update of the phase alike, on top of its own schedule, so that their ratio stays. Each phase begins with
/// the full rates.
class Plateau : public Callback {
 public:
  struct Config {
    static constexpr std::string_view kind = "plateau";
    static constexpr std::string_view summary = "reduces the learning rate when a metric no longer improves";
    static constexpr std::string_view also_known_as[] = {"reduce-lr-on-plateau", "lr-plateau"};
    MonitorConfig base = {};
    std::int64_t patience = 5;
    double factor = 0.1;
    double least = 1e-3;

    void fields(Fields& f);
    static std::vector<Config> examples() {
      return {{.base = {.min_delta = 1}, .patience = 1, .factor = 0.5}};
    }
  };

  explicit Plateau(const Config& config) : config_(config), monitor_(config.base) {}
  Order order() const override { return Order::monitor; }
  std::string monitored() const override { return monitor_.name(); }
  void phase_begin(Training& training) override;
  void epoch_end(Training& training) override;
  std::string state_key() const override { return "plateau"; }
  nlohmann::json save() const override;
  void load(const nlohmann::json& saved) override;

 private:
  Config config_;
  Monitor monitor_;
  std::int64_t waited_ = 0;  // epochs since the best value or the last reduction
};

}  // namespace aelab
