#include "aelab/models/rae.h"

#include <array>

#include "aelab/nn/dense_backbone.h"

namespace aelab {

std::span<const std::string_view> names(RaeDecoder) {
  static constexpr std::array<std::string_view, 3> kNames = {"none", "l2", "gradient"};
  return kNames;
}

void Rae::Config::fields(Fields& f) {
  base.fields(f, expand(*this));
  schedule_field(f, "code_weight", code_weight, "weight of half the squared norm of the code", at_least(0))
      .also_known_as({"embedding_weight", "beta"});
  f("decoder_regularization", decoder_regularization,
    "l2: half the squared weights of the decoder; gradient: the squared norm of its Jacobian; none");
  if (decoder_regularization != RaeDecoder::none || f.describing())
    schedule_field(f, "decoder_weight", decoder_weight, "weight of the decoder's regularization", at_least(0))
        .also_known_as({"reg_weight", "lambda"});
}

std::vector<Rae::Config> Rae::Config::examples() {
  return {{.base = {.code = 4}},
          {.base = {.code = 3}, .decoder_regularization = RaeDecoder::gradient, .decoder_weight = 0.1},
          {.base = {.code = 3}, .decoder_regularization = RaeDecoder::none}};
}

AutoencoderConfig Rae::expand(const Config& config) {
  auto parts = config.base;
  if (!parts.backbone)
    parts.backbone = DenseBackbone::Config{.hidden = {400}, .activation = Activation::relu};
  parts.default_code = 16;
  parts.add_own_penalty(CodeNormPenalty::Config{.weight = config.code_weight});
  if (config.decoder_regularization == RaeDecoder::l2)
    parts.add_own_penalty(
        WeightDecayPenalty::Config{.weight = config.decoder_weight, .networks = Networks::decoder});
  if (config.decoder_regularization == RaeDecoder::gradient)
    parts.add_own_penalty(DecoderJacobianPenalty::Config{.weight = config.decoder_weight});
  return parts;
}

}  // namespace aelab
