#include "aelab/nn/jump_relu_bottleneck.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

namespace aelab {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// The gradient for the thresholds, of their shape, from that of each pre-code's distance to its threshold.
Tensor summed_like(const Tensor& gradient, const Tensor& threshold) {
  return at::sum_to(gradient, threshold.sizes());
}

/// Whether x is within half a bandwidth of its threshold: the kernel of the estimate, times the bandwidth.
Tensor near(const Tensor& x, const Tensor& threshold, double bandwidth) {
  return (x - threshold).abs() < bandwidth / 2;
}

class JumpRelu : public torch::autograd::Function<JumpRelu> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& threshold,
                        double bandwidth) {
    context->save_for_backward({x, threshold});
    context->saved_data["bandwidth"] = bandwidth;
    return at::where(x > threshold, x, 0);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto &x = saved[0], &threshold = saved[1], &gradient = gradients[0];
    const double bandwidth = context->saved_data["bandwidth"].toDouble();
    const auto of_threshold = -threshold / bandwidth * near(x, threshold, bandwidth) * gradient;
    return {gradient * (x > threshold), summed_like(of_threshold, threshold), Tensor()};
  }
};

/// 1 where x exceeds its threshold, else 0.
class Step01 : public torch::autograd::Function<Step01> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& threshold,
                        double bandwidth) {
    context->save_for_backward({x, threshold});
    context->saved_data["bandwidth"] = bandwidth;
    return (x > threshold).to(x.scalar_type());
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto &x = saved[0], &threshold = saved[1];
    const double bandwidth = context->saved_data["bandwidth"].toDouble();
    const auto of_threshold = near(x, threshold, bandwidth) * gradients[0] * (-1 / bandwidth);
    return {Tensor(), summed_like(of_threshold, threshold), Tensor()};
  }
};

}  // namespace

void JumpReluBottleneck::Config::fields(Fields& f) {
  schedule_field(f, "weight", weight, "weight of the number of active dimensions in the objective",
                 at_least(0))
      .also_known_as({"lambda", "l0_weight", "sparsity_weight"});
  f("threshold", threshold, "initial threshold of each dimension", above(0));
  f("bandwidth", bandwidth, "width of the window about a threshold that its gradient is estimated from",
    above(0));
}

void JumpReluBottleneck::build(const Shape& code, std::int64_t /*seed*/) {
  Shape thresholds(code.size(), 1);
  thresholds.front() = code.front();
  log_threshold_ = register_parameter("log_threshold", at::full(thresholds, std::log(config_.threshold)));
}

Tensor JumpReluBottleneck::read(const Tensor& pre_code, const Step&) const {
  return JumpRelu::apply(pre_code, threshold(), config_.bandwidth);
}

void JumpReluBottleneck::add_terms(const Pass& pass, const Step& step, Terms& terms) const {
  const auto active = Step01::apply(pass.pre_code, threshold(), config_.bandwidth);
  terms.add("l0", active.flatten(1).sum(1), step.value(config_.weight));
}

Tensor JumpReluBottleneck::slope(const Tensor& pre_code, const Tensor&, const Step&) const {
  return (pre_code > threshold()).to(pre_code.scalar_type());
}

}  // namespace aelab
