#include "aelab/models/contractive.h"

#include "aelab/nn/bottlenecks.h"
#include "aelab/nn/convolutional_backbone.h"
#include "aelab/nn/corruptions.h"
#include "aelab/nn/dense_backbone.h"
#include "aelab/nn/penalties.h"

namespace aelab {
namespace {

bool is_zero(const Schedule& weight) {
  const auto* constant = weight.get_if<ConstantSchedule::Config>();
  return constant && constant->value == 0;
}

}  // namespace

void Contractive::Config::fields(Fields& f) {
  base.fields(f, expand(*this));
  schedule_field(f, "weight", weight, "weight of the squared norm of the encoder's Jacobian", at_least(0))
      .also_known_as({"lambda", "contractive_weight", "strength"});
  schedule_field(f, "hessian_weight", hessian_weight,
                 "weight of the change of the Jacobian under small noise; 0 leaves it out", at_least(0))
      .also_known_as({"gamma"});
  f.require(!base.has_penalty(ContractivePenalty::Config::kind), "penalties",
            "lists contractive, which this variant's own \"weight\" sets already");
  f.require(!base.has_penalty(ContractiveHessianPenalty::Config::kind) || is_zero(hessian_weight),
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
  parts.default_code = 64;
  if (!parts.bottleneck)
    parts.bottleneck = DeterministicBottleneck::Config{.activation = Activation::sigmoid};
  parts.add_own_penalty(ContractivePenalty::Config{.weight = config.weight});
  if (!is_zero(config.hessian_weight))
    parts.add_own_penalty(ContractiveHessianPenalty::Config{.weight = config.hessian_weight});
  return parts;
}

}  // namespace aelab
