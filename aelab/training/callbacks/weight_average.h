#pragma once

#include "aelab/training/callback.h"

namespace aelab {

/// Keeps an exponential moving average of the weights, with bias correction (Polyak & Juditsky 1992; Kingma &
/// Ba 2015, section 7.2): mean = decay mean + (1 - decay) weights after every step, over 1 - decay^steps.
/// Adds the metrics ema/<term> of the validation split with the averaged weights, and writes the model with
/// these weights to checkpoints/ema.safetensors at the end of a phase and at a stop. Phases in closed form
/// take no steps and leave the file as it is: what they fit belongs to the weights themselves.
class WeightAverage : public Callback {
 public:
  struct Config {
    static constexpr std::string_view kind = "ema";
    static constexpr std::string_view summary =
        "exponential moving average of the weights, measured and saved";
    static constexpr std::string_view also_known_as[] = {"weight-average", "moving-average", "swa",
                                                         "averaging"};
    double decay = 0.999;

    void fields(Fields& f) {
      f("decay", decay, "decay of the average per step", {.least = 0, .most = 1, .open = true});
    }
    static std::vector<Config> examples() { return {{.decay = 0.9}}; }
  };

  explicit WeightAverage(const Config& config) : decay_(config.decay) {}
  Order order() const override { return Order::measure; }
  bool needs_folder() const override { return true; }
  std::vector<std::string> added_metrics(const std::set<std::string>& known) const override;
  void phase_begin(Training& training) override;
  void step_end(Training& training) override;
  void epoch_end(Training& training) override;
  void boundary(Training& training, Boundary boundary) override;
  std::string state_key() const override { return "ema"; }
  NamedTensors tensors(Training& training) override;

 private:
  double decay_;
  NamedTensors sums_;  // of the steps of the phase, without bias correction

  /// Calls `work` while the model has the averaged weights.
  void with_average(Training& training, const std::function<void()>& work);
};

}  // namespace aelab
