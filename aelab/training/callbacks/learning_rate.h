#pragma once

#include "aelab/training/callback.h"

namespace aelab {

/// Adds the metric "learning_rate": the learning rate of the last step of each epoch; for an update whose
/// metrics have a prefix "learning_rate/<name>".
class LearningRate : public Callback {
 public:
  struct Config {
    static constexpr std::string_view kind = "learning-rate";
    static constexpr std::string_view summary = "records the learning rate of the last step of each epoch";
    static constexpr std::string_view also_known_as[] = {"lr-monitor", "learning-rate-monitor"};
    void fields(Fields&) {}
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit LearningRate(const Config&) {}
  Order order() const override { return Order::measure; }
  std::vector<std::string> added_metrics(const std::set<std::string>& known) const override;
  void epoch_end(Training& training) override;
};

}  // namespace aelab
