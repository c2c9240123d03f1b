#include "aelab/nn/code_penalties.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

namespace aelab {
namespace {

void weight_of_penalty(Fields& f, Schedule& weight) {
  schedule_field(f, "weight", weight, "weight of the penalty in the objective", at_least(0))
      .also_known_as({"lambda", "beta", "strength", "coefficient", "reg_weight"});
}

}  // namespace

void CodeNormPenalty::Config::fields(Fields& f) { weight_of_penalty(f, weight); }

Tensor CodeNormPenalty::value(const Pass& pass, const Parts&, const Step&) const {
  return 0.5 * pass.code.square().flatten(1).sum(1);
}

void DecoderJacobianPenalty::Config::fields(Fields& f) {
  weight_of_penalty(f, weight);
  f("directions", directions, "number of random directions of the estimate", at_least(1));
}

Tensor DecoderJacobianPenalty::value(const Pass& pass, const Parts& parts, const Step& step) const {
  const bool in_training = at::GradMode::is_enabled();
  const at::AutoGradMode grad(true);
  const auto code = pass.code.requires_grad() ? pass.code : pass.code.detach().requires_grad_();
  const auto output = parts.likelihood.mean(parts.backbone.decode(code, step));
  Tensor sum;
  for (std::int64_t i = 0; i < config_.directions; ++i) {
    const auto direction =
        step.noise().normal_like("decoder-jacobian " + std::to_string(i), output.detach(), pass.samples);
    const auto row = torch::autograd::grad({output}, {code}, {direction}, /*retain_graph=*/true, in_training);
    const auto norm = row.front().flatten(1).square().sum(1);
    sum = sum.defined() ? sum + norm : norm;
  }
  return sum / static_cast<double>(config_.directions);
}

}  // namespace aelab
