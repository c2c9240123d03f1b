#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "aelab/nn/parts.h"

namespace aelab {

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

/// Changes parameters along gradients. Constructed for a list of distinct named parameters.
class Optimizer {
 public:
  /// Evaluates the objective: its gradients, in the order of the parameters.
  using Gradients = std::function<std::vector<Tensor>()>;

  static Registry<Optimizer, const NamedTensors&>& registry();

  virtual ~Optimizer() = default;
  /// One step. `gradients` may be called several times.
  virtual void step(const Gradients& gradients, const Step& at) = 0;
  /// What a checkpoint saves; resuming copies into these tensors.
  virtual NamedTensors state() const = 0;
  virtual const Schedule& learning_rate() const = 0;
};

/// Kingma & Ba 2015, algorithm 1; one fused call over all parameters.
class Adam : public Optimizer {
 public:
  struct Config {
    static constexpr std::string_view kind = "adam";
    static constexpr std::string_view summary = "adaptive moments";
    Schedule learning_rate = 1e-3;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.learning_rate = 1e-2}}; }
  };

  Adam(const Config& config, const NamedTensors& parameters);
  void step(const Gradients& gradients, const Step& at) override;
  NamedTensors state() const override;
  const Schedule& learning_rate() const override { return config_.learning_rate; }

 private:
  Config config_;
  std::vector<std::string> names_;
  std::vector<Tensor> parameters_, means_, squares_, steps_;
};

/// Gradient descent, with momentum (Sutskever et al. 2013, section 2, in PyTorch's form: v = momentum v + g).
class Sgd : public Optimizer {
 public:
  struct Config {
    static constexpr std::string_view kind = "sgd";
    static constexpr std::string_view summary = "gradient descent, with momentum";
    Schedule learning_rate = 1e-2;
    double momentum = 0;
    bool nesterov = false;

    void fields(Fields& f);
    static std::vector<Config> examples() {
      return {{.learning_rate = 1e-2}, {.learning_rate = 1e-2, .momentum = 0.9, .nesterov = true}};
    }
  };

  Sgd(const Config& config, const NamedTensors& parameters);
  void step(const Gradients& gradients, const Step& at) override;
  NamedTensors state() const override;
  const Schedule& learning_rate() const override { return config_.learning_rate; }

 private:
  Config config_;
  std::vector<std::string> names_;
  std::vector<Tensor> parameters_, velocities_;  // velocities: none without momentum
};

}  // namespace aelab
