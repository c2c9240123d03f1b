#include "aelab/models/supervised.h"

#include <ATen/ATen.h>

#include "aelab/nn/bottlenecks.h"
#include "aelab/nn/convolutional_backbone.h"
#include "aelab/nn/dense_backbone.h"
#include "aelab/nn/gaussian_bottleneck.h"

namespace aelab {
namespace {

constexpr auto kClassCost = "classification", kClassErrors = "error";

}  // namespace

void Supervised::Config::fields(Fields& f) {
  base.fields(f, expand(*this));
  schedule_field(f, "weight", weight, "weight of the classes' cross-entropy", at_least(0))
      .also_known_as({"alpha", "classification_weight", "lambda"});
}

std::vector<Supervised::Config> Supervised::Config::examples() {
  return {{.base = {.code = 6}},
          {.base = {.backbone = ConvolutionalBackbone::Config::examples().front()}, .weight = 10},
          {.base = {.code = 4, .bottleneck = GaussianBottleneck::Config{}}, .weight = 5}};
}

AutoencoderConfig Supervised::expand(const Config& config) {
  auto parts = config.base;
  if (!parts.backbone)
    parts.backbone = DenseBackbone::Config{.hidden = {400}, .activation = Activation::relu};
  parts.default_code = 32;
  if (!parts.bottleneck) parts.bottleneck = DeterministicBottleneck::Config{.activation = Activation::relu};
  return parts;
}

Supervised::Supervised(const Config& config, const Context& context)
    : Autoencoder(expand(config), context), weight_(config.weight) {
  if (context.classes == 0)
    throw FieldError("variant",
                     "\"supervised\" learns the classes of labels, but these data have none: name the labels "
                     "in \"data\", or choose another variant, such as \"autoencoder\"");
  if (conditions() > 0)
    throw FieldError("condition", "tells the class, which this variant learns to predict: leave it out");
  Initializer initializer(context.seed, "classifier", context.device);
  head_ = register_module("classifier", std::make_shared<Affine>(
                                            elements(code_shape()), context.classes,
                                            /*with_bias=*/true, Initialization::glorot_uniform, initializer));
}

std::vector<Phase> Supervised::phases() {
  auto phase = Autoencoder::phases().front();
  auto& model = phase.updates.front();
  model.objective = [this](const Batch& batch, const Step& step, Pass& pass) {
    auto terms = loss(batch, step, pass);
    add_classification(batch, pass, step, terms);
    return terms;
  };
  model.terms.push_back({.name = kClassCost, .additivity = row_additivity()});
  model.terms.push_back({.name = kClassErrors, .additivity = row_additivity()});
  phase.needs_labels = true;
  return {phase};
}

void Supervised::add_classification(const Batch& batch, const Pass& pass, const Step& step,
                                    Terms& terms) const {
  const auto scores = logits(reading(pass, parts().bottleneck, step));
  terms.add(kClassCost, at::cross_entropy_loss(scores, batch.labels, {}, at::Reduction::None),
            step.value(weight_), row_additivity());
  terms.add(kClassErrors, (scores.detach().argmax(1) != batch.labels).to(scores.scalar_type()), /*weight=*/0,
            row_additivity());
}

}  // namespace aelab
