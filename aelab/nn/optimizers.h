#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "aelab/nn/parts.h"

namespace aelab {

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

/// The value and the gradients of an objective at the current parameters.
struct Evaluation {
  Tensor loss;                    ///< []
  std::vector<Tensor> gradients;  ///< one for each parameter, in their order
  /// [] float32 on the parameters' device: 1 where the step is to be skipped, which leaves parameters and
  /// state as they were, otherwise 0; undefined if it never is.
  Tensor found_inf = {};
};

/// Updates parameters by their gradients. Constructed for a list of distinct named parameters.
class Optimizer {
 public:
  using Objective = std::function<Evaluation()>;

  static Registry<Optimizer, const NamedTensors&>& registry();

  virtual ~Optimizer() = default;
  /// One step; `objective` may be called several times.
  virtual void step(const Objective& objective, const Step& at) = 0;
  /// Whether a step reads values by the host, which waits for the device. Its steps are not skipped by
  /// found_inf: the objective fails instead.
  virtual bool reads() const { return false; }
  /// Its state, which checkpoints save; resuming copies into these tensors.
  virtual NamedTensors state() const = 0;
  virtual const Schedule& learning_rate() const = 0;
  /// Discards what it remembers of those rows of a parameter that are true in `rows`, as they begin anew.
  virtual void forget(const Tensor& parameter, const Tensor& rows) = 0;
  /// A remark for runs whose steps see a part of the training rows; "" if there is none.
  virtual std::string caution() const { return {}; }
};

/// Runs `work`, which changes the tensors in place, and puts them back if found_inf is 1.
void unless(const Tensor& found_inf, const std::vector<Tensor>& tensors, const std::function<void()>& work);

/// Lists the learning rate of an optimizer, which must stay at least 0.
void rate_field(Fields& f, Schedule& learning_rate, const char* help);

/// An optimizer that needs one gradient per step and keeps lists of tensors with the parameters' shapes.
class FirstOrder : public Optimizer {
 public:
  void step(const Objective& objective, const Step& at) final;
  NamedTensors state() const final;
  void forget(const Tensor& parameter, const Tensor& rows) final;

 protected:
  explicit FirstOrder(const NamedTensors& parameters);
  /// Adds a list of zeros with the parameters' shapes, saved under `name`.
  std::vector<Tensor>& add_slot(const std::string& name);
  /// Changes the parameters, unless found_inf is 1.
  virtual void update(std::vector<Tensor>& gradients, double learning_rate, const Tensor& found_inf) = 0;
  /// The parameters and all lists.
  std::vector<Tensor> changing() const;

  std::vector<Tensor> parameters_;
  std::vector<std::size_t>
      weights_;  ///< indices of the parameters that decay: those of two dimensions or more

 private:
  std::vector<std::string> names_;
  std::vector<std::pair<std::string, std::unique_ptr<std::vector<Tensor>>>> slots_;
};

/// Adam (Kingma & Ba 2015, algorithm 1), fused over all parameters.
class Adam : public FirstOrder {
 public:
  struct Config {
    static constexpr std::string_view kind = "adam";
    static constexpr std::string_view summary = "adaptive moment estimation";
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
  void update(std::vector<Tensor>& gradients, double learning_rate, const Tensor& found_inf) override;

 private:
  Config config_;
  std::vector<Tensor>&means_, &squares_, &steps_;
};

/// Adam with decoupled weight decay (Loshchilov & Hutter 2019, algorithm 2); biases do not decay.
class AdamW : public Adam {
 public:
  struct Config {
    static constexpr std::string_view kind = "adamw";
    static constexpr std::string_view summary = "Adam with decoupled weight decay";
    Adam::Config base = {};
    double weight_decay = 1e-2;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.base = {.learning_rate = 1e-2}}}; }
  };

  AdamW(const Config& config, const NamedTensors& parameters)
      : Adam(config.base, parameters), weight_decay_(config.weight_decay) {}

 protected:
  void update(std::vector<Tensor>& gradients, double learning_rate, const Tensor& found_inf) override;

 private:
  double weight_decay_;
};

/// Stochastic gradient descent with momentum (Sutskever et al. 2013, section 2, in PyTorch's form:
/// v = momentum v + g) and weight decay added to the gradient; biases do not decay.
class Sgd : public FirstOrder {
 public:
  struct Config {
    static constexpr std::string_view kind = "sgd";
    static constexpr std::string_view summary = "stochastic gradient descent with momentum";
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
  void update(std::vector<Tensor>& gradients, double learning_rate, const Tensor& found_inf) override;

 private:
  Config config_;
  std::vector<Tensor>* velocities_;  // none without momentum
};

/// RMSprop (Hinton 2012, lecture 6e) in PyTorch's form: steps of rate g / (sqrt(mean of g^2) + epsilon), or
/// with momentum v = momentum v + g / (sqrt(mean of g^2) + epsilon), of rate v.
class RmsProp : public FirstOrder {
 public:
  struct Config {
    static constexpr std::string_view kind = "rmsprop";
    static constexpr std::string_view summary = "gradients divided by their running root mean square";
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
  void update(std::vector<Tensor>& gradients, double learning_rate, const Tensor& found_inf) override;

 private:
  Config config_;
  std::vector<Tensor>& squares_;
  std::vector<Tensor>* velocities_;  // none without momentum
};

/// Adadelta (Zeiler 2012, algorithm 1).
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
  void update(std::vector<Tensor>& gradients, double learning_rate, const Tensor& found_inf) override;

 private:
  Config config_;
  std::vector<Tensor>&squares_, &changes_;
};

}  // namespace aelab
