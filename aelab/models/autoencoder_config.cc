#include <algorithm>
#include <array>

#include "aelab/models/autoencoder.h"
#include "aelab/nn/bottlenecks.h"
#include "aelab/nn/bounds.h"

namespace aelab {

std::span<const std::string_view> names(Condition) {
  static constexpr std::array<std::string_view, 2> kNames = {"none", "label"};
  return kNames;
}

void AutoencoderConfig::fields(Fields& f, const AutoencoderConfig& defaults) {
  if (!defaults.is_own(kBackbone))
    f(kBackbone, backbone, "networks of the encoder and the decoder", defaults.backbone)
        .also_known_as({"encoder_decoder", "net"});
  code_field(f, code, "dimension of the latent code, for dense backbones");
  f("corruption", corruption, "noise added to the input in training", defaults.corruption)
      .also_known_as({"noise", "noise_level", "dropout"});
  if (!defaults.is_own(kBottleneck))
    f(kBottleneck, bottleneck, "mapping from the encoder's output to the code",
      defaults.bottleneck ? defaults.bottleneck : Choice<Bottleneck>(DeterministicBottleneck::Config{}))
        .also_known_as({"code_activation"});
  f("likelihood", likelihood,
    "distribution of the input given the decoder's output: the reconstruction loss; default: bernoulli if "
    "all values "
    "of the source are in [0, 1] and the transforms keep them there, else gaussian",
    defaults.likelihood)
      .also_known_as({"loss", "criterion", "loss_function", "reconstruction_loss", "objective"});
  if (!defaults.is_own(kBound))
    f(kBound, bound,
      "how the costs of the codes that are drawn of each row are combined, for bottlenecks that draw codes",
      defaults.bound ? defaults.bound : Choice<Bound>(MeanBound::Config{}))
        .also_known_as({"elbo", "iwae", "n_samples", "num_samples", "importance_weighted"});
  f("penalties", penalties, "weighted penalty terms added to the reconstruction loss")
      .also_known_as({"regularizer", "regularizers", "regularization", "penalty"});
  f(kCondition, condition,
    "what the encoder and the decoder are given besides: label: the class of each row, so that samples of a "
    "chosen class can be drawn")
      .also_known_as({"conditional", "class_conditional", "conditioning", "cond", "cvae"});
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

bool AutoencoderConfig::has_penalty(std::string_view kind) const {
  const auto is_kind = [&](const auto& penalty) { return !penalty.empty() && penalty.kind() == kind; };
  return penalties && std::any_of(penalties->begin(), penalties->end(), is_kind);
}

std::string AutoencoderConfig::penalty_path(std::size_t i) { return "penalties[" + std::to_string(i) + "]"; }

bool AutoencoderConfig::is_own(std::string_view path) const {
  return std::find(own.begin(), own.end(), path.substr(0, path.find('.'))) != own.end();
}

void AutoencoderConfig::set_own_backbone(Choice<Backbone> choice) {
  backbone = std::move(choice);
  own.emplace_back(kBackbone);
}

void AutoencoderConfig::set_own_bottleneck(Choice<Bottleneck> choice) {
  bottleneck = std::move(choice);
  own.emplace_back(kBottleneck);
}

void AutoencoderConfig::set_own_bound(Choice<Bound> choice) {
  bound = std::move(choice);
  own.emplace_back(kBound);
}

void AutoencoderConfig::add_own_penalty(Choice<Penalty> choice) {
  if (!penalties) penalties.emplace();
  own.push_back(penalty_path(penalties->size()));
  penalties->push_back(std::move(choice));
}

}  // namespace aelab
