#include "aelab/models/autoencoder.h"

#include <ATen/ATen.h>

#include "aelab/core/error.h"
#include "aelab/nn/bottlenecks.h"
#include "aelab/nn/corruptions.h"
#include "aelab/nn/likelihoods.h"

namespace aelab {

void AutoencoderConfig::fields(Fields& f) {
  fields_beside_backbone(f);
  f("backbone", backbone, "the encoder's and the decoder's networks");
}

void AutoencoderConfig::fields_beside_backbone(Fields& f) {
  f("code", code, "the code's width, for dense backbones", at_least(1));
  f("corruption", corruption, "noise that training adds to the input");
  f("bottleneck", bottleneck, "from the encoder's output to the code");
  f("likelihood", likelihood, "what the decoder's output means");
  f("penalties", penalties, "weighted terms beside the reconstruction");
  if (!penalties) return;
  for (std::size_t i = 0; i < penalties->size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      const auto& first = (*penalties)[j];
      const auto& second = (*penalties)[i];
      f.require(
          first.empty() || second.empty() || first.kind() != second.kind(),
          "penalties[" + std::to_string(i) + "]",
          "is of the same kind as penalties[" + std::to_string(j) + "]: give one of them the whole weight");
    }
}

namespace {

/// The backbone has no default: a variant or the user names it.
AutoencoderConfig complete(AutoencoderConfig config) {
  if (!config.backbone)
    throw Error("model.backbone: is missing: say which networks, such as {\"kind\": \"dense\"}");
  if (!config.corruption) config.corruption = NoCorruption::Config{};
  if (!config.bottleneck) config.bottleneck = DeterministicBottleneck::Config{};
  if (!config.likelihood) config.likelihood = BernoulliLikelihood::Config{};
  if (!config.penalties) config.penalties.emplace();
  return config;
}

}  // namespace

Autoencoder::Autoencoder(const AutoencoderConfig& config, const Context& context)
    : config_(complete(config)), input_(context.input) {
  const BackboneContext built_for{.input = input_, .code = config_.code, .seed = context.seed};
  backbone_ = register_module("backbone", config_.backbone->make(built_for));
  corruption_ = register_module("corruption", config_.corruption->make());
  bottleneck_ = register_module("bottleneck", config_.bottleneck->make(backbone_->code_shape()));
  likelihood_ = register_module("likelihood", config_.likelihood->make());
  for (const auto& penalty : *config_.penalties)
    penalties_.emplace_back(penalty.kind(), register_module("penalty_" + penalty.kind(), penalty.make()));
}

Tensor Autoencoder::encode(const Tensor& x) const { return bottleneck_->forward(backbone_->encode(x), {}); }
Tensor Autoencoder::decode(const Tensor& code) const { return likelihood_->mean(backbone_->decode(code)); }

Terms Autoencoder::loss(const Batch& batch, const Step& step, Pass& pass) const {
  forward(batch, step, pass);
  Terms terms;
  terms.add("reconstruction", likelihood_->negative_log(pass.output, pass.target));
  add_penalties(pass, step, terms);
  return terms;
}

void Autoencoder::forward(const Batch& batch, const Step& step, Pass& pass) const {
  pass.target = batch.inputs;
  pass.input = step.training ? corruption_->corrupt(pass.target, step) : pass.target;
  pass.pre_code = backbone_->encode(pass.input);
  pass.code = bottleneck_->forward(pass.pre_code, step);
  pass.output = backbone_->decode(pass.code);
}

void Autoencoder::add_penalties(const Pass& pass, const Step& step, Terms& terms) const {
  const Parts parts{*backbone_, *bottleneck_, *likelihood_};
  for (const auto& [name, penalty] : penalties_)
    terms.add(name, penalty->value(pass, parts, step), step.value(penalty->weight()));
}

std::vector<Phase> Autoencoder::phases() {
  const auto objective = [this](const Batch& batch, const Step& step, Pass& pass) {
    return loss(batch, step, pass);
  };
  return {{.name = "train", .updates = {{"model", parameters_of(*this), objective}}}};
}

NamedTensors parameters_of(const torch::nn::Module& module) {
  NamedTensors named;
  for (const auto& item : module.named_parameters()) named.emplace_back(item.key(), item.value());
  return named;
}

NamedTensors state_of(const torch::nn::Module& module) {
  auto named = parameters_of(module);
  for (const auto& item : module.named_buffers()) named.emplace_back(item.key(), item.value());
  return named;
}

}  // namespace aelab
