#include "aelab/nn/optimizers.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace aelab {

FirstOrder::FirstOrder(const NamedTensors& parameters) {
  for (const auto& [name, tensor] : parameters) {
    if (tensor.dim() > 1) weights_.push_back(parameters_.size());
    names_.push_back(name);
    parameters_.push_back(tensor);
  }
}

std::vector<Tensor>& FirstOrder::add_slot(const std::string& name) {
  auto slot = std::make_unique<std::vector<Tensor>>();
  for (const auto& parameter : parameters_) slot->push_back(at::zeros_like(parameter.detach()));
  slots_.emplace_back(name, std::move(slot));
  return *slots_.back().second;
}

NamedTensors FirstOrder::state() const {
  NamedTensors state;
  for (const auto& [slot, tensors] : slots_)
    for (std::size_t i = 0; i < tensors->size(); ++i)
      state.emplace_back(names_[i] + "." + slot, (*tensors)[i]);
  return state;
}

void FirstOrder::step(const Objective& objective, const Step& at) {
  auto [loss, gradients, found_inf] = objective();
  const at::NoGradGuard no_grad;
  // LibTorch's fused steps ignore the strides of gradients.
  for (auto& gradient : gradients) gradient = gradient.contiguous();
  update(gradients, at.rate(learning_rate()), found_inf);
}

void FirstOrder::forget(const Tensor& parameter, const Tensor& rows) {
  const at::NoGradGuard no_grad;
  at::DimVector shape(static_cast<std::size_t>(parameter.dim()), 1);
  shape[0] = rows.size(0);
  const auto mask = rows.view(shape);
  for (std::size_t i = 0; i < parameters_.size(); ++i)
    if (parameters_[i].is_same(parameter))
      for (const auto& slot : slots_)
        if (const auto& kept = (*slot.second)[i]; kept.sizes() == parameter.sizes())  // not a count of steps
          kept.masked_fill_(mask, 0);
}

std::vector<Tensor> FirstOrder::changing() const {
  auto all = parameters_;
  for (const auto& slot : slots_) all.insert(all.end(), slot.second->begin(), slot.second->end());
  return all;
}

void unless(const Tensor& found_inf, const std::vector<Tensor>& tensors, const std::function<void()>& work) {
  if (!found_inf.defined()) return work();
  const at::NoGradGuard no_grad;
  std::vector<Tensor> before;
  for (const auto& tensor : tensors) before.push_back(tensor.detach().clone());
  work();
  const auto skipped = found_inf > 0;
  for (std::size_t i = 0; i < tensors.size(); ++i)
    tensors[i].copy_(at::where(skipped, before[i], tensors[i]));
}

namespace {

std::optional<Tensor> if_defined(const Tensor& tensor) {
  return tensor.defined() ? std::optional(tensor) : std::nullopt;
}

std::vector<Tensor> chosen(const std::vector<Tensor>& tensors, const std::vector<std::size_t>& places) {
  std::vector<Tensor> some;
  for (const auto place : places) some.push_back(tensors[place]);
  return some;
}

/// mean = decay mean + (1 - decay) x^2
void average_squares(std::vector<Tensor>& mean, const std::vector<Tensor>& x, double decay) {
  at::_foreach_mul_(mean, decay);
  at::_foreach_addcmul_(mean, x, x, 1 - decay);
}

}  // namespace

void rate_field(Fields& f, Schedule& learning_rate, const char* help) {
  schedule_field(f, "learning_rate", learning_rate, help, at_least(0))
      .also_known_as({"lr", "eta", "rate", "step_size", "alpha", "learn_rate"});
}

void Adam::Config::fields(Fields& f) {
  rate_field(f, learning_rate, "learning rate");
  f("beta1", beta1, "decay of the running mean of gradients", between(0, 0.999999)).also_known_as({"beta_1"});
  f("beta2", beta2, "decay of the running mean of squared gradients", between(0, 0.999999))
      .also_known_as({"beta_2"});
  f("epsilon", epsilon, "added to the root of the running mean of squared gradients", above(0))
      .also_known_as({"eps"});
}

Adam::Adam(const Config& config, const NamedTensors& parameters)
    : FirstOrder(parameters),
      config_(config),
      means_(add_slot("mean")),
      squares_(add_slot("square")),
      steps_(add_slot("steps")) {
  if (parameters.empty()) return;
  const auto steps = at::zeros({}, steps_.front().options().dtype(at::kFloat));
  std::fill(steps_.begin(), steps_.end(), steps);  // one count, since all parameters step together
}

void Adam::update(std::vector<Tensor>& gradients, double learning_rate, const Tensor& found_inf) {
  if (!steps_.empty()) found_inf.defined() ? steps_.front().add_(1 - found_inf) : steps_.front().add_(1);
  at::_fused_adam_(parameters_, gradients, means_, squares_, {}, steps_, learning_rate, config_.beta1,
                   config_.beta2,
                   /*weight_decay=*/0, config_.epsilon, /*amsgrad=*/false, /*maximize=*/false,
                   /*grad_scale=*/{}, if_defined(found_inf));
}

void AdamW::Config::fields(Fields& f) {
  base.fields(f);
  f("weight_decay", weight_decay,
    "decoupled weight decay: the fraction of the weights that a step with learning rate 1 subtracts; biases "
    "do not decay",
    at_least(0))
      .also_known_as({"l2", "decay"});
}

void AdamW::update(std::vector<Tensor>& gradients, double learning_rate, const Tensor& found_inf) {
  const double decay = learning_rate * weight_decay_;
  if (!weights_.empty()) {
    const auto weights = chosen(parameters_, weights_);
    if (found_inf.defined())
      at::_foreach_mul_(weights, 1 - (1 - found_inf) * decay);
    else
      at::_foreach_mul_(weights, 1 - decay);
  }
  Adam::update(gradients, learning_rate, found_inf);
}

void Sgd::Config::fields(Fields& f) {
  rate_field(f, learning_rate, "learning rate");
  f("momentum", momentum, "momentum", between(0, 0.999999));
  f("nesterov", nesterov, "Nesterov momentum");
  f("weight_decay", weight_decay,
    "weight decay: multiple of the weights added to their gradients; biases do not decay", at_least(0))
      .also_known_as({"l2", "decay"});
  f.require(!nesterov || momentum > 0, "nesterov", "needs a momentum above 0");
}

Sgd::Sgd(const Config& config, const NamedTensors& parameters)
    : FirstOrder(parameters),
      config_(config),
      velocities_(config.momentum > 0 ? &add_slot("velocity") : nullptr) {}

void Sgd::update(std::vector<Tensor>& gradients, double learning_rate, const Tensor& found_inf) {
  if (config_.weight_decay > 0 && !weights_.empty()) {
    const auto decayed =
        at::_foreach_add(chosen(gradients, weights_), chosen(parameters_, weights_), config_.weight_decay);
    for (std::size_t i = 0; i < weights_.size(); ++i) gradients[weights_[i]] = decayed[i];
  }
  at::_fused_sgd_(parameters_, gradients, velocities_ ? *velocities_ : std::vector<Tensor>(),
                  /*weight_decay=*/0, config_.momentum, learning_rate, /*dampening=*/0, config_.nesterov,
                  /*maximize=*/false,
                  /*is_first_step=*/false, /*grad_scale=*/{}, if_defined(found_inf));
}

void RmsProp::Config::fields(Fields& f) {
  rate_field(f, learning_rate, "learning rate");
  f("decay", decay, "decay of the running mean of squared gradients", between(0, 0.999999))
      .also_known_as({"alpha", "rho"});
  f("epsilon", epsilon, "added to the root of the running mean of squared gradients", above(0))
      .also_known_as({"eps"});
  f("momentum", momentum, "momentum", between(0, 0.999999));
}

RmsProp::RmsProp(const Config& config, const NamedTensors& parameters)
    : FirstOrder(parameters),
      config_(config),
      squares_(add_slot("square")),
      velocities_(config.momentum > 0 ? &add_slot("velocity") : nullptr) {}

void RmsProp::update(std::vector<Tensor>& gradients, double learning_rate, const Tensor& found_inf) {
  unless(found_inf, changing(), [&] {
    average_squares(squares_, gradients, config_.decay);
    auto sizes = at::_foreach_sqrt(squares_);
    at::_foreach_add_(sizes, config_.epsilon);
    if (!velocities_) return at::_foreach_addcdiv_(parameters_, gradients, sizes, -learning_rate);
    at::_foreach_mul_(*velocities_, config_.momentum);
    at::_foreach_addcdiv_(*velocities_, gradients, sizes, 1);
    at::_foreach_add_(parameters_, *velocities_, -learning_rate);
  });
}

void Adadelta::Config::fields(Fields& f) {
  rate_field(f, learning_rate, "learning rate: multiple of the step of the paper");
  f("rho", rho, "decay of the running means", between(0, 0.999999));
  f("epsilon", epsilon, "added to the running means before their roots", above(0)).also_known_as({"eps"});
}

Adadelta::Adadelta(const Config& config, const NamedTensors& parameters)
    : FirstOrder(parameters), config_(config), squares_(add_slot("square")), changes_(add_slot("change")) {}

void Adadelta::update(std::vector<Tensor>& gradients, double learning_rate, const Tensor& found_inf) {
  const auto root = [this](const std::vector<Tensor>& mean) {
    auto shifted = at::_foreach_add(mean, config_.epsilon);
    at::_foreach_sqrt_(shifted);
    return shifted;
  };
  unless(found_inf, changing(), [&] {
    average_squares(squares_, gradients, config_.rho);
    auto steps = root(changes_);
    at::_foreach_div_(steps, root(squares_));
    at::_foreach_mul_(steps, gradients);
    average_squares(changes_, steps, config_.rho);
    at::_foreach_add_(parameters_, steps, -learning_rate);
  });
}

}  // namespace aelab
