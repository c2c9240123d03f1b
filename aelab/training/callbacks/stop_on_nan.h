#pragma once

#include "aelab/training/callback.h"

namespace aelab {

/// Fails the run at the first loss or gradient that is not finite, with the state before: before the update
/// is trained where every step is read (Training::read_every is 1). Otherwise that update and all that follow
/// are skipped on the device (Training::found_inf) until the next reading, which returns to the state before
/// it and fails.
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
  void phase_begin(Training& training) override;
  void losses(Training& training, const Update& update, const Terms& terms) override;
  void gradients(Training& training, const Update& update, const std::vector<Tensor>& gradients) override;
  void read(Training& training) override;

 private:
  /// Values that the host has not read, and the state before their update.
  struct Unread {
    std::vector<std::string> names;
    Tensor values;  // [names]
    Progress progress;
    std::vector<Averages> averages;
  };
  std::vector<Unread> unread_;

  void put_aside(Training& training, std::vector<std::string> names, Tensor values);
};

}  // namespace aelab
