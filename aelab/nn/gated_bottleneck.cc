#include "aelab/nn/gated_bottleneck.h"

#include <ATen/ATen.h>

#include "aelab/nn/dictionary_penalties.h"
#include "aelab/nn/layers.h"

namespace aelab {

void GatedBottleneck::build(const Shape& code, std::int64_t /*seed*/) {
  Shape shape(code.size(), 1);
  shape.front() = code.front();
  gate_bias_ = register_parameter("gate_bias", at::zeros(shape));
  magnitude_bias_ = register_parameter("magnitude_bias", at::zeros(shape));
  log_scale_ = register_parameter("log_scale", at::zeros(shape));
}

Tensor GatedBottleneck::gated(const Tensor& gate, const Tensor& pre_code) const {
  return at::where(gate > 0, (pre_code * log_scale_.exp() + magnitude_bias_).relu(), 0);
}

Tensor GatedBottleneck::read(const Tensor& pre_code, const Step&) const {
  return gated(pre_code + gate_bias_, pre_code);
}

void GatedBottleneck::code(Pass& pass, const Step&) const {
  const auto gate = pass.pre_code + gate_bias_;
  pass.code = gated(gate, pass.pre_code);
  pass.extras[kGate] = gate;
}

std::vector<Tensor> GatedBottleneck::restart(const Tensor& elements) {
  const at::NoGradGuard no_grad;
  const std::vector<Tensor> all = {gate_bias_, magnitude_bias_, log_scale_};
  for (const auto& one : all) one.masked_fill_(elements, 0);
  return all;
}

Tensor GatedBottleneck::slope(const Tensor&, const Tensor& code, const Step&) const {
  return (code > 0) * log_scale_.exp();
}

void GateReconstruction::Config::fields(Fields& f) {
  schedule_field(f, "weight", weight, "weight of the penalty in the objective", at_least(0))
      .also_known_as({"lambda", "alpha", "coefficient"});
  f("trains_decoder", trains_decoder, "its gradient reaches the decoder, too");
}

void GateReconstruction::check(const Parts& parts) const {
  if (!dynamic_cast<const GatedBottleneck*>(&parts.bottleneck))
    throw FieldError("../bottleneck",
                     "gate-reconstruction needs codes that a gate selects: choose the bottleneck \"gated\"");
  require_dictionary(parts, Config::kind);
}

Tensor GateReconstruction::value(const Pass& pass, const Parts& parts, const Step& step) const {
  auto [vectors, bias] = parts.backbone.dictionary();
  if (!config_.trains_decoder) {
    vectors = vectors.detach();
    if (bias.defined()) bias = bias.detach();
  }
  auto output = linear(pass.extras.at(kGate).relu().flatten(1), vectors.t(), bias);
  if (const auto skipped = parts.backbone.skipped(step); skipped.defined())
    output = output + (config_.trains_decoder ? skipped : skipped.detach());
  return parts.likelihood.negative_log(output.view(pass.output.sizes()), pass.target);
}

}  // namespace aelab
