#include "aelab/models/adversary.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace aelab {
namespace {

constexpr auto kDiscriminator = "discriminator", kClassification = "classification";

}  // namespace

WithDiscriminator::WithDiscriminator(const AutoencoderConfig& parts, const DiscriminatorConfig& config,
                                     const Context& context)
    : Autoencoder(parts, context), config_(config) {
  discriminator_ = register_module(
      kDiscriminator,
      std::make_shared<Discriminator>(config, elements(code_shape()),
                                      Initializer(context.seed, kDiscriminator, context.device)));
}

std::vector<Phase> WithDiscriminator::phases() {
  auto phase = Autoencoder::phases().front();
  auto& model = phase.updates.front();
  std::erase_if(model.parameters, [](const auto& named) { return named.first.starts_with(kDiscriminator); });
  model.objective = [this](const Batch& batch, const Step& step, Pass& pass) {
    auto terms = loss(batch, step, pass);
    add_adversary(pass, step, terms);
    return terms;
  };
  model.terms.push_back(adversary());
  phase.updates.push_back(discriminator_update());
  return {phase};
}

Update WithDiscriminator::discriminator_update() {
  const auto objective = [this](const Batch& batch, const Step& step, Pass& pass) {
    {
      const at::NoGradGuard no_grad;
      encode_batch(batch, step, pass);
    }
    Terms terms;
    terms.add(kClassification, discriminator_cost(pass, step), /*weight=*/1, discriminator_additivity());
    return terms;
  };
  NamedTensors parameters;
  for (auto& [name, parameter] : parameters_of(*discriminator_))
    parameters.emplace_back(std::string(kDiscriminator) + "." + name, parameter);
  return {.name = kDiscriminator,
          .parameters = std::move(parameters),
          .objective = objective,
          .terms = {{.name = kClassification, .additivity = discriminator_additivity()}},
          .optimizer = config_.optimizer};
}

}  // namespace aelab
