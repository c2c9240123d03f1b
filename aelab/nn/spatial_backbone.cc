#include "aelab/nn/spatial_backbone.h"

#include <ATen/ATen.h>

namespace aelab {

std::string SpatialBackbone::next() const {
  if (!to_code_) return "encoder_" + std::to_string(encoder_.size());
  return "decoder_" + std::to_string(decoder_.size() + 1);
}

void SpatialBackbone::append(const std::shared_ptr<SpatialLayer>& layer) {
  register_module(next(), layer);
  (to_code_ ? decoder_ : encoder_).push_back(layer);
  shape_ = layer->output();
}

void SpatialBackbone::append_code(const BackboneContext& context, Initializer& initializer) {
  code_ = context.code_dimension();
  flattened_ = shape_;
  const auto name = next();
  const auto dense = [&](std::int64_t in, std::int64_t out) {
    return std::make_shared<Affine>(in, out, /*with_bias=*/true, hidden_.initialization, initializer);
  };
  to_code_ = register_module(name, dense(elements(shape_), elements(context.pre_code_shape({code_}))));
  from_code_ = register_module("decoder_0", dense(code_ + context.condition, elements(shape_)));
  const auto method = hidden_.regularization.normalization;
  if (method != Normalize::none)
    normalization_ = register_module("decoder_0_normalization",
                                     std::make_shared<Normalization>(method, shape_[0], initializer));
}

Tensor SpatialBackbone::encode(const Tensor& x, const Step& step) const {
  auto hidden = with_condition(x, step);
  for (const auto& layer : encoder_) hidden = layer->forward(hidden, step);
  return to_code_->forward(hidden.flatten(1), Activation::linear);
}

Tensor SpatialBackbone::decode(const Tensor& code, const Step& step) const {
  auto sizes = flattened_;
  sizes.insert(sizes.begin(), code.size(0));
  auto hidden = from_code_->forward(with_condition(code, step), Activation::linear).view(sizes);
  hidden = hidden_.regularization.finish(hidden, normalization_.get(), hidden_.activation, "decoder_0", step);
  for (const auto& layer : decoder_) hidden = layer->forward(hidden, step);
  return hidden;
}

void SpatialBackbone::after_step() {
  if (normalization_) normalization_->after_step();
  for (const auto* layers : {&encoder_, &decoder_})
    for (const auto& layer : *layers) layer->after_step();
}

std::vector<LayerOutline> SpatialBackbone::layers() const {
  std::vector<LayerOutline> outlines;
  const auto add = [&](const char* network, LayerOutline outline) {
    outline.network = network;
    outlines.push_back(std::move(outline));
  };
  for (const auto& layer : encoder_) add("encoder", layer->outline());
  add("encoder", {.network = {},
                  .what = "dense",
                  .output = {to_code_->weight.size(0)},
                  .parameters = parameter_count(*to_code_),
                  .affine = true});
  const auto& regularization = hidden_.regularization;
  add("decoder",
      {.network = {},
       .what = regularization.in_words("dense", hidden_.activation),
       .output = flattened_,
       .parameters = parameter_count(*from_code_) + (normalization_ ? parameter_count(*normalization_) : 0),
       .affine =
           hidden_.activation == Activation::linear && regularization.normalization != Normalize::layer});
  for (const auto& layer : decoder_) add("decoder", layer->outline());
  return outlines;
}

}  // namespace aelab
