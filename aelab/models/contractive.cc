#include "aelab/models/contractive.h"

#include "aelab/nn/bottlenecks.h"
#include "aelab/nn/convolutional_backbone.h"
#include "aelab/nn/corruptions.h"
#include "aelab/nn/dense_backbone.h"
#include "aelab/nn/penalties.h"

namespace aelab {
namespace {

bool is_none(const Schedule& weight) {
  const auto* constant = weight.get_if<ConstantSchedule::Config>();
  return constant && constant->value == 0;
}

}  // namespace

void Contractive::Config::fields(Fields& f) {
  base.fields(f);
  schedule_field(f, "weight", weight, "weight of the Jacobian's squared norm", at_least(0));
  schedule_field(f, "hessian_weight", hessian_weight,
                 "weight of the Jacobian's change under small noise; 0 leaves it out", at_least(0));
  f.require(!base.has_penalty(ContractivePenalty::Config::kind), "penalties",
            "lists contractive, which this variant's own \"weight\" sets already");
  f.require(!base.has_penalty(ContractiveHessianPenalty::Config::kind) || is_none(hessian_weight),
            "penalties",
            "lists contractive-hessian, which this variant's own \"hessian_weight\" sets already");
}

std::vector<Contractive::Config> Contractive::Config::examples() {
  return {{.base = {.code = 10}},
          {.base = {.code = 4,
                    .backbone = DenseBackbone::Config{.hidden = {12, 8}, .activation = Activation::tanh}},
           .hessian_weight = 0.01},
          {.base = {.backbone =
                        ConvolutionalBackbone::Config{
                            .encoder = {{.conv = 2, .kernel = 2, .stride = 2, .padding = Padding::valid},
                                        {.pool = Pooling::average}},
                            .decoder = {{.upsample = 4}, {.conv = 1}}},
                    .corruption = GaussianNoise::Config{.level = 0.2}}}};
}

AutoencoderConfig Contractive::expand(const Config& config) {
  auto parts = config.base;
  if (!parts.backbone) parts.backbone = DenseBackbone::Config{.tied = true};
  if (parts.backbone->get_if<DenseBackbone::Config>() && !parts.code) parts.code = 64;
  if (!parts.bottleneck)
    parts.bottleneck = DeterministicBottleneck::Config{.activation = Activation::sigmoid};
  if (!parts.penalties) parts.penalties.emplace();
  parts.penalties->emplace_back(ContractivePenalty::Config{.weight = config.weight});
  if (!is_none(config.hessian_weight))
    parts.penalties->emplace_back(ContractiveHessianPenalty::Config{.weight = config.hessian_weight});
  return parts;
}

}  // namespace aelab
