#pragma once

#include "aelab/nn/optimizers.h"

namespace aelab {

/// Limited-memory BFGS (Nocedal & Wright 2006, algorithm 7.4) with a line search for the strong Wolfe
/// conditions (algorithms 3.5 and 3.6, cubic interpolation). One step is one iteration and evaluates the
/// objective several times; it is exact where every step sees the whole training set.
class Lbfgs : public Optimizer {
 public:
  struct Config {
    static constexpr std::string_view kind = "lbfgs";
    static constexpr std::string_view summary =
        "limited-memory BFGS with a strong-Wolfe line search, for full batches";
    Schedule learning_rate = 1.0;
    std::int64_t history = 20;
    std::int64_t line_search = 25;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.history = 5}}; }
  };

  Lbfgs(const Config& config, const NamedTensors& parameters);
  void step(const Objective& objective, const Step& at) override;
  NamedTensors state() const override;
  /// Begins anew: its curvature is that of all parameters together.
  void forget(const Tensor& parameter, const Tensor& rows) override;
  const Schedule& learning_rate() const override { return config_.learning_rate; }
  bool reads() const override { return true; }
  std::string caution() const override;

 private:
  Config config_;
  std::vector<Tensor> parameters_;
  Tensor changes_, gradient_changes_;  // [history, parameters]: s and y of the latest iterations
  Tensor direction_, gradient_;        // [parameters], of the last iteration
  Tensor numbers_;                     // float64: iterations, pairs kept, last step size

  void descend(const Objective& objective, const Step& at);
  Tensor next_direction(const Tensor& gradient);
  void remember(const Tensor& gradient);
};

}  // namespace aelab
