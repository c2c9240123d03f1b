#include "aelab/nn/optimizers.h"

#include <ATen/ATen.h>

namespace aelab {
namespace {

std::vector<Tensor> zeros_like(const std::vector<Tensor>& tensors) {
  std::vector<Tensor> zeros;
  for (const auto& tensor : tensors) zeros.push_back(at::zeros_like(tensor.detach()));
  return zeros;
}

void append(NamedTensors& state, const std::string& slot, const std::vector<std::string>& names,
            const std::vector<Tensor>& tensors) {
  for (std::size_t i = 0; i < tensors.size(); ++i) state.emplace_back(names[i] + "." + slot, tensors[i]);
}

void split(const NamedTensors& named, std::vector<std::string>& names, std::vector<Tensor>& tensors) {
  for (const auto& [name, tensor] : named) {
    names.push_back(name);
    tensors.push_back(tensor);
  }
}

}  // namespace

void Adam::Config::fields(Fields& f) {
  f("learning_rate", learning_rate, "size of the steps");
  f("beta1", beta1, "decay of the gradients' mean", between(0, 0.999999));
  f("beta2", beta2, "decay of the squared gradients' mean", between(0, 0.999999));
  f("epsilon", epsilon, "added to the root of the squared gradients' mean", above(0));
}

Adam::Adam(const Config& config, const NamedTensors& parameters) : config_(config) {
  split(parameters, names_, parameters_);
  means_ = zeros_like(parameters_);
  squares_ = zeros_like(parameters_);
  for (const auto& parameter : parameters_)
    steps_.push_back(at::zeros({}, parameter.options().dtype(at::kFloat).requires_grad(false)));
}

void Adam::step(const Gradients& gradients, const Step& at) {
  const auto gradient = gradients();
  const at::NoGradGuard no_grad;
  at::_foreach_add_(steps_, 1);
  at::_fused_adam_(parameters_, gradient, means_, squares_, {}, steps_, at.value(config_.learning_rate),
                   config_.beta1, config_.beta2, /*weight_decay=*/0, config_.epsilon, /*amsgrad=*/false,
                   /*maximize=*/false);
}

NamedTensors Adam::state() const {
  NamedTensors state;
  append(state, "mean", names_, means_);
  append(state, "square", names_, squares_);
  append(state, "steps", names_, steps_);
  return state;
}

void Sgd::Config::fields(Fields& f) {
  f("learning_rate", learning_rate, "size of the steps");
  f("momentum", momentum, "share of the last step that is kept", between(0, 0.999999));
  f("nesterov", nesterov, "look ahead along the momentum");
  f.require(!nesterov || momentum > 0, "nesterov", "needs a momentum above 0");
}

Sgd::Sgd(const Config& config, const NamedTensors& parameters) : config_(config) {
  split(parameters, names_, parameters_);
  if (config.momentum > 0) velocities_ = zeros_like(parameters_);
}

void Sgd::step(const Gradients& gradients, const Step& at) {
  const auto gradient = gradients();
  const at::NoGradGuard no_grad;
  at::_fused_sgd_(parameters_, gradient, velocities_, /*weight_decay=*/0, config_.momentum,
                  at.value(config_.learning_rate), /*dampening=*/0, config_.nesterov, /*maximize=*/false,
                  /*is_first_step=*/false);
}

NamedTensors Sgd::state() const {
  NamedTensors state;
  append(state, "velocity", names_, velocities_);
  return state;
}

}  // namespace aelab
