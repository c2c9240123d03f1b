#include "aelab/models/pca.h"

#include <ATen/ATen.h>

#include "aelab/data/principal_components.h"
#include "aelab/nn/dense_backbone.h"
#include "aelab/nn/likelihoods.h"

namespace aelab {

void Pca::Config::fields(Fields& f) {
  code_field(f, code, "number of components");
  f("whiten", whiten, "scale codes to unit variance");
}

AutoencoderConfig Pca::expand(const Config& config) {
  AutoencoderConfig parts = {.code = config.code, .likelihood = GaussianLikelihood::Config{}};
  parts.set_own_backbone(DenseBackbone::Config{.bias = false, .center = true});
  return parts;
}

Pca::Pca(const Config& config, const Context& context)
    : Autoencoder(expand(config), context), whiten_(config.whiten) {
  if (config.code > elements(context.input))
    throw FieldError("code", std::to_string(config.code) +
                                 " principal components are more than the input's " +
                                 std::to_string(elements(context.input)) + " features; set it to at most " +
                                 std::to_string(elements(context.input)));
  variances_ = register_buffer("variances", at::zeros({config.code}));
  ratios_ = register_buffer("explained_variance_ratio", at::zeros({config.code}));
}

std::vector<Phase> Pca::phases() {
  auto phase = Autoencoder::phases().front();
  phase.name = "solve";
  phase.begin = {};
  phase.solve = [this](const Dataset& data) { solve(data); };
  return {phase};
}

void Pca::solve(const Dataset& data) {
  const at::NoGradGuard no_grad;
  const auto found = principal_components(data, elements(code_shape()));
  const auto scale =
      whiten_ ? at::where(found.variances > 0, found.variances, 1).sqrt() : at::ones_like(found.variances);
  named_children()["backbone"]->as<DenseBackbone>()->set_linear(found.components / scale.unsqueeze(1),
                                                                (found.components * scale.unsqueeze(1)).t());
  parts().backbone.data_mean().copy_(found.mean);
  variances_.copy_(found.variances);
  ratios_.copy_(found.variances / found.total_variance);
}

}  // namespace aelab
