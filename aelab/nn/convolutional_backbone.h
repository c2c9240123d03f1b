#pragma once

#include <memory>

#include "aelab/nn/convolution.h"
#include "aelab/nn/spatial_layers.h"

namespace aelab {

/// One layer of a convolutional network: exactly one of conv, pool, upsample and crop is set.
struct ConvolutionalLayer {
  std::optional<std::int64_t> conv = {};  ///< output channels
  std::int64_t kernel = 3;
  std::int64_t stride = 1;
  Padding padding = Padding::same;
  Activation activation = Activation::linear;

  std::optional<Pooling> pool = {};
  std::int64_t size = 2;
  bool ceil = false;  ///< keeps windows that are cut off at the border

  std::optional<std::int64_t> upsample = {};  ///< factor; pixels are repeated

  std::optional<std::vector<std::int64_t>> crop = {};  ///< height and width that are kept, from the top left

  void fields(Fields& f);
};

/// Throws an Error, which says how to give tables the shape, unless the input is images, [channels, height,
/// width].
void require_images(const Shape& input);

/// The output shape of a layer for an input of shape [channels, height, width]. Throws an Error if the input
/// is too small.
Shape output_shape(const ConvolutionalLayer& layer, const Shape& in);

/// A decoder for this encoder, whose output is images of the size of `input` with these channels: the
/// encoder's convolutions in reverse order, each followed by upsampling where the encoder pools or strides,
/// then one to these channels, and a crop if the output is larger than the input.
std::vector<ConvolutionalLayer> mirrored_decoder(const std::vector<ConvolutionalLayer>& encoder,
                                                 const Shape& input, std::int64_t channels);

/// Convolutions, pooling and upsampling, layer by layer. Its default encoder is that of the convolutional
/// autoencoder of Golan (lecture 9.A), for images from 8x8 pixels. A decoder that is left out is Golan's if
/// that leads back to the input's shape, as for 28x28 images; otherwise the encoder's mirror image. The code
/// has the shape of the encoder's output; where a bottleneck needs more channels than that, a 1x1 convolution
/// to these follows.
class ConvolutionalBackbone : public Backbone {
 public:
  struct Config {
    static constexpr std::string_view kind = "convolutional";
    static constexpr std::string_view summary = "convolutions, pooling and upsampling, layer by layer";
    static constexpr std::string_view also_known_as[] = {"cnn", "convnet"};
    static constexpr std::string_view capabilities[] = {capability::takes_condition};
    std::vector<ConvolutionalLayer> encoder = lecture_encoder();
    std::vector<ConvolutionalLayer> decoder = {};  ///< if empty, chosen for the encoder and the input
    Initialization initialization = Initialization::glorot_uniform;
    Regularization regularization = {};  ///< of all convolutions but the decoder's last

    void fields(Fields& f);
    static std::vector<Config> examples();
    static std::vector<ConvolutionalLayer> lecture_encoder();
    static std::vector<ConvolutionalLayer> lecture_decoder(std::int64_t channels = 1);
  };

  /// Throws an Error if the layers do not fit; if the decoder does not, the message has one that does.
  ConvolutionalBackbone(const Config& config, const BackboneContext& context);
  Tensor encode(const Tensor& x, const Step& step) const override {
    return run(encoder_, "encoder", with_condition(x, step), step);
  }
  Tensor decode(const Tensor& code, const Step& step) const override {
    return run(decoder_, "decoder", with_condition(code, step), step);
  }
  Shape code_shape() const override { return code_; }
  std::vector<LayerOutline> layers() const override;
  Tensor filters() const override;
  bool couples_rows() const override { return config_.regularization.normalization == Normalize::batch; }
  void after_step() override;
  std::optional<Choice<Backbone>> completed() const override { return Choice<Backbone>(config_); }

 private:
  struct Layer {
    ConvolutionalLayer config;
    std::shared_ptr<Convolution> convolution;  // for conv layers
    Shape output;
    bool hidden = false;  // a convolution that is regularized
    std::shared_ptr<Normalization> normalization = {};
  };

  /// Appends the 1x1 convolution to what the bottleneck needs, if that is more than the code.
  void build_head(const BackboneContext& context, Initializer& initializer);
  void regularize(const Initializer& initializer);
  Tensor run(const std::vector<Layer>& layers, const std::string& network, const Tensor& x,
             const Step& step) const;
  /// Appends the layers that `configs` describe, for inputs of `shape`; returns the shape of their output.
  Shape build(std::vector<Layer>& layers, const std::vector<ConvolutionalLayer>& configs,
              const std::string& name, Shape shape, Initialization initialization, Initializer& initializer);

  Config config_;  // with its decoder
  std::vector<Layer> encoder_, decoder_;
  std::int64_t channels_;  // of the input
  Shape code_;
};

}  // namespace aelab
