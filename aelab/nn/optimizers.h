#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "aelab/nn/parts.h"

namespace aelab {

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

/// An objective at the parameters' current values.
struct Evaluation {
  Tensor loss;                    ///< []
  std::vector<Tensor> gradients;  ///< in the order of the parameters
};

/// Changes parameters along gradients. Constructed for a list of distinct named parameters.
class Optimizer {
 public:
  using Objective = std::function<Evaluation()>;

  static Registry<Optimizer, const NamedTensors&>& registry();

  virtual ~Optimizer() = default;
  /// One step; `objective` may be called several times.
  virtual void step(const Objective& objective, const Step& at) = 0;
  /// What a checkpoint saves; resuming copies into these tensors.
  virtual NamedTensors state() const = 0;
  virtual const Schedule& learning_rate() const = 0;
  /// What to say where a step sees only some of the training rows; "" if nothing.
  virtual std::string caution() const { return {}; }
};

/// Lists an optimiser's learning rate, which must stay at least 0.
void rate_field(Fields& f, Schedule& learning_rate, const char* help);

/// An optimiser that needs one gradient a step and keeps lists of tensors shaped like the parameters.
class FirstOrder : public Optimizer {
 public:
  void step(const Objective& objective, const Step& at) final;
  NamedTensors state() const final;

 protected:
  explicit FirstOrder(const NamedTensors& parameters);
  /// A list of zeros like the parameters, saved under `name`.
  std::vector<Tensor>& add_slot(const std::string& name);
  virtual void update(std::vector<Tensor>& gradients, double learning_rate) = 0;

  std::vector<Tensor> parameters_;
  std::vector<std::size_t> weights_;  ///< the parameters that decay: all but biases, which have one dimension

 private:
  std::vector<std::string> names_;
  std::vector<std::pair<std::string, std::unique_ptr<std::vector<Tensor>>>> slots_;
};

/// Kingma & Ba 2015, algorithm 1; one fused call over all parameters.
class Adam : public FirstOrder {
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
  const Schedule& learning_rate() const override { return config_.learning_rate; }

 protected:
  void update(std::vector<Tensor>& gradients, double learning_rate) override;

 private:
  Config config_;
  std::vector<Tensor>&means_, &squares_, &steps_;
};

/// Adam with decoupled weight decay (Loshchilov & Hutter 2019, algorithm 2); biases do not decay.
class AdamW : public Adam {
 public:
  struct Config {
    static constexpr std::string_view kind = "adamw";
    static constexpr std::string_view summary = "adaptive moments with decoupled weight decay";
    Adam::Config base = {};
    double weight_decay = 1e-2;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.base = {.learning_rate = 1e-2}}}; }
  };

  AdamW(const Config& config, const NamedTensors& parameters)
      : Adam(config.base, parameters), weight_decay_(config.weight_decay) {}

 protected:
  void update(std::vector<Tensor>& gradients, double learning_rate) override;

 private:
  double weight_decay_;
};

/// Gradient descent, with momentum (Sutskever et al. 2013, section 2, in PyTorch's form: v = momentum v + g)
/// and weight decay added to the gradient; biases do not decay.
class Sgd : public FirstOrder {
 public:
  struct Config {
    static constexpr std::string_view kind = "sgd";
    static constexpr std::string_view summary = "gradient descent, with momentum";
    Schedule learning_rate = 1e-2;
    double momentum = 0;
    bool nesterov = false;
    double weight_decay = 0;

    void fields(Fields& f);
    static std::vector<Config> examples() {
      return {{.learning_rate = 1e-2},
              {.learning_rate = 1e-2, .momentum = 0.9, .nesterov = true, .weight_decay = 1e-3}};
    }
  };

  Sgd(const Config& config, const NamedTensors& parameters);
  const Schedule& learning_rate() const override { return config_.learning_rate; }

 protected:
  void update(std::vector<Tensor>& gradients, double learning_rate) override;

 private:
  Config config_;
  std::vector<Tensor>* velocities_;  // none without momentum
};

/// Hinton's lecture 6e (2012), in PyTorch's form: steps of rate g / (sqrt(mean of g^2) + epsilon).
class RmsProp : public FirstOrder {
 public:
  struct Config {
    static constexpr std::string_view kind = "rmsprop";
    static constexpr std::string_view summary = "gradients divided by their running size";
    Schedule learning_rate = 1e-3;
    double decay = 0.99;
    double epsilon = 1e-8;
    double momentum = 0;

    void fields(Fields& f);
    static std::vector<Config> examples() {
      return {{.learning_rate = 1e-2}, {.learning_rate = 1e-3, .momentum = 0.9}};
    }
  };

  RmsProp(const Config& config, const NamedTensors& parameters);
  const Schedule& learning_rate() const override { return config_.learning_rate; }

 protected:
  void update(std::vector<Tensor>& gradients, double learning_rate) override;

 private:
  Config config_;
  std::vector<Tensor>& squares_;
  std::vector<Tensor>* velocities_;  // none without momentum
};

/// Zeiler 2012, algorithm 1.
class Adadelta : public FirstOrder {
 public:
  struct Config {
    static constexpr std::string_view kind = "adadelta";
    static constexpr std::string_view summary = "steps scaled by the running size of earlier steps";
    Schedule learning_rate = 1.0;
    double rho = 0.95;
    double epsilon = 1e-6;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.epsilon = 1e-4}}; }
  };

  Adadelta(const Config& config, const NamedTensors& parameters);
  const Schedule& learning_rate() const override { return config_.learning_rate; }

 protected:
  void update(std::vector<Tensor>& gradients, double learning_rate) override;

 private:
  Config config_;
  std::vector<Tensor>&squares_, &changes_;
};

}  // namespace aelab
