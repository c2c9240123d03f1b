#pragma once

#include "aelab/training/callback.h"
#include "aelab/training/monitor.h"

namespace aelab {

/// Ends a phase when a metric has not improved for `patience` epochs. Starts again in each phase.
class EarlyStopping : public Callback {
 public:
  struct Config {
    static constexpr std::string_view kind = "early-stopping";
    static constexpr std::string_view summary = "ends a phase when a metric no longer improves";
    static constexpr std::string_view also_known_as[] = {"early-stop", "patience"};
    MonitorConfig base = {};
    std::int64_t patience = 5;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.patience = 2}}; }
  };

  explicit EarlyStopping(const Config& config) : monitor_(config.base), patience_(config.patience) {}
  Order order() const override { return Order::monitor; }
  std::string monitored() const override { return monitor_.name(); }
  void phase_begin(Training& training) override;
  void epoch_end(Training& training) override;
  std::string state_key() const override { return "early-stopping"; }
  nlohmann::json save() const override;
  void load(const nlohmann::json& saved) override;

 private:
  Monitor monitor_;
  std::int64_t patience_;
  std::int64_t waited_ = 0;  // epochs since the best
};

}  // namespace aelab
