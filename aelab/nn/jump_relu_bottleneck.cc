#include "aelab/nn/jump_relu_bottleneck.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/custom_function.h>

#include <array>
#include <limits>

#include "aelab/nn/dictionary_penalties.h"

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

std::span<const std::string_view> names(L0Of) {
  static constexpr std::array<std::string_view, 2> kNames = {"row", "batch"};
  return kNames;
}

std::span<const std::string_view> names(NearThreshold) {
  static constexpr std::array<std::string_view, 2> kNames = {"pre-code", "code"};
  return kNames;
}

std::span<const std::string_view> names(ThresholdParameter) {
  static constexpr std::array<std::string_view, 2> kNames = {"logarithm", "threshold"};
  return kNames;
}

void JumpReluBottleneck::Config::fields(Fields& f) {
  schedule_field(f, "weight", weight, "weight of the number of active dimensions in the objective",
                 at_least(0))
      .also_known_as({"lambda", "l0_weight", "sparsity_weight", "l0_coefficient", "sparsity_penalty"});
  f("target_l0", target_l0,
    "number of active dimensions to reach: the weight is then that of (l0 / target_l0 - 1)^2", above(0))
      .also_known_as({"l0_target"});
  f("target_of", target_of, "whose number that is: row: each row's; batch: the mean of a batch's rows");
  f("near", near,
    "what is to be near a threshold for the gradient of the number of active dimensions: pre-code, or code: "
    "those below are at 0");
  f("threshold", threshold, "initial threshold of each dimension", above(0));
  f("bandwidth", bandwidth, "width of the window about a threshold that its gradient is estimated from",
    above(0));
  f("parameter", parameter,
    "what is trained of a threshold: its logarithm, so that steps of the optimizer multiply it, or the "
    "threshold, to which they add");
}

void JumpReluBottleneck::build(const Shape& code, std::int64_t /*seed*/) {
  if (config_.target_l0 && *config_.target_l0 > static_cast<double>(elements(code)))
    throw FieldError("target_l0",
                     fmt::format("is {:g}, but a code has {} elements", *config_.target_l0, elements(code)));
  Shape thresholds(code.size(), 1);
  thresholds.front() = code.front();
  parameter_ = register_parameter(is_logarithm() ? "log_threshold" : "threshold",
                                  parameter_of(at::full(thresholds, config_.threshold)));
}

Tensor JumpReluBottleneck::parameter_of(const Tensor& threshold) const {
  return is_logarithm() ? threshold.clamp_min(std::numeric_limits<float>::min()).log() : threshold;
}

void JumpReluBottleneck::set_threshold(const Tensor& threshold) {
  const at::NoGradGuard no_grad;
  parameter_.copy_(parameter_of(threshold).view(parameter_.sizes()));
}

Tensor JumpReluBottleneck::read(const Tensor& pre_code, const Step&) const {
  return JumpRelu::apply(pre_code, threshold(), config_.bandwidth);
}

std::vector<TermOutline> JumpReluBottleneck::terms() const {
  if (!config_.target_l0) return {{.name = "l0", .sparsifies = true}};
  const auto additivity = config_.target_of == L0Of::batch ? Additivity::batch : Additivity::rows;
  return {{.name = "l0"}, {.name = "l0-target", .additivity = additivity}};
}

void JumpReluBottleneck::add_terms(const Pass& pass, const Step& step, Terms& terms) const {
  const auto& x = config_.near == NearThreshold::code ? pass.code : pass.pre_code;
  const auto l0 = Step01::apply(x, threshold(), config_.bandwidth).flatten(1).sum(1);
  const double weight = step.value(config_.weight);
  if (!config_.target_l0) return terms.add("l0", l0, weight);
  terms.add("l0", l0.detach(), /*weight=*/0);
  const bool of_batch = config_.target_of == L0Of::batch;
  terms.add("l0-target", ((of_batch ? l0.mean() : l0) / *config_.target_l0 - 1).square(), weight,
            of_batch ? Additivity::batch : Additivity::rows);
}

void JumpReluBottleneck::after_step(std::span<const Pass> /*passes*/) {
  const at::NoGradGuard no_grad;
  if (!is_logarithm()) parameter_.clamp_min_(0);
}

std::vector<Tensor> JumpReluBottleneck::restart(const Tensor& elements) {
  const at::NoGradGuard no_grad;
  parameter_.masked_fill_(elements, parameter_of(at::full({}, config_.threshold)).item<double>());
  return {parameter_};
}

Tensor JumpReluBottleneck::slope(const Tensor& pre_code, const Tensor&, const Step&) const {
  return (pre_code > threshold()).to(pre_code.scalar_type());
}

void PreActivationPenalty::Config::fields(Fields& f) {
  term_weight_field(f, weight);
  dead_after_field(f, dead_after);
}

void PreActivationPenalty::check(const Parts& parts) const {
  if (!dynamic_cast<const JumpReluBottleneck*>(&parts.bottleneck))
    throw FieldError("../bottleneck",
                     "pre-activation needs codes with thresholds: choose the bottleneck \"jump-relu\"");
  require_dictionary(parts, Config::kind);
}

Tensor PreActivationPenalty::value(const Pass& pass, const Parts& parts, const Step&) const {
  const auto dead = parts.silent_rows >= config_.dead_after;
  const auto lack = (parts.bottleneck.threshold() - pass.pre_code).relu().flatten(1);
  return (lack * dead * parts.backbone.dictionary().vectors.norm(2, 1)).sum(1);
}

}  // namespace aelab
