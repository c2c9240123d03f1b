#pragma once

#include "aelab/nn/spatial_layers.h"

namespace aelab {

/// Layers over images or series, with a dense code: the encoder's last layer is flattened, and a dense layer
/// makes the pre-code of it; a dense layer of the code's values begins the decoder, and is regularized and
/// activated as hidden layers are. What is derived from it appends the other layers when it is made: first
/// the encoder's, then the code, then the decoder's.
class SpatialBackbone : public Backbone {
 public:
  Tensor encode(const Tensor& x, const Step& step) const override;
  Tensor decode(const Tensor& code, const Step& step) const override;
  Shape code_shape() const override { return {code_}; }
  std::vector<LayerOutline> layers() const override;
  bool couples_rows() const override { return hidden_.regularization.normalization == Normalize::batch; }
  void after_step() override;

 protected:
  SpatialBackbone(const HiddenLayers& hidden, const BackboneContext& context)
      : hidden_(hidden), channels_(context.input.at(0)), shape_(context.conditioned(context.input)) {}

  /// Those of the input, without the condition's.
  std::int64_t input_channels() const { return channels_; }
  /// The output of the last layer so far, or the input with its condition.
  const Shape& shape() const { return shape_; }
  /// The name of the next layer: "encoder_0", or after the code "decoder_1".
  std::string next() const;
  void append(const std::shared_ptr<SpatialLayer>& layer);
  void append_code(const BackboneContext& context, Initializer& initializer);
  const SpatialLayer& encoder_layer(std::size_t i) const { return *encoder_.at(i); }

 private:
  HiddenLayers hidden_;
  std::int64_t channels_;
  Shape shape_;
  std::int64_t code_ = 0;
  Shape flattened_;  // what the dense layers are between: the output of the encoder's last layer
  std::vector<std::shared_ptr<SpatialLayer>> encoder_, decoder_;
  std::shared_ptr<Affine> to_code_, from_code_;
  std::shared_ptr<Normalization> normalization_;  // of from_code_; null without one
};

}  // namespace aelab
