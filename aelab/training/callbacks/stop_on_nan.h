#pragma once

#include "aelab/training/callback.h"

namespace aelab {

/// Fails the run at the first loss that is not finite, before the step is taken.
class StopOnNan : public Callback {
 public:
  struct Config {
    static constexpr std::string_view kind = "stop-on-nan";
    static constexpr std::string_view summary = "stops before the step whose loss is not finite";
    static constexpr std::string_view also_known_as[] = {"terminate-on-nan"};
    void fields(Fields&) {}
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit StopOnNan(const Config&) {}
  Order order() const override { return Order::monitor; }
  void losses(Training& training, const Terms& terms) override;
  void gradients(Training& training, const Update& update, const std::vector<Tensor>& gradients) override;
};

}  // namespace aelab
