#pragma once

#include <memory>

#include "aelab/nn/convolution.h"
#include "aelab/nn/layers.h"
#include "aelab/nn/parts.h"

namespace aelab {

enum class Padding { same, valid };
std::span<const std::string_view> names(Padding);

/// One layer of a convolutional network: exactly one of conv, pool and upsample is set.
struct ConvolutionalLayer {
  std::optional<std::int64_t> conv = {};  ///< output channels
  std::int64_t kernel = 3;
  std::int64_t stride = 1;
  Padding padding = Padding::same;
  Activation activation = Activation::linear;

  std::optional<Pooling> pool = {};
  std::int64_t size = 2;
  bool ceil = false;  ///< a window that is cut off at the border counts

  std::optional<std::int64_t> upsample = {};  ///< factor, by repeating pixels

  void fields(Fields& f);
};

/// What a layer makes of an input of shape [channels, height, width]. Error, which names the layer by
/// `where`, when that is too small for it.
Shape output_shape(const ConvolutionalLayer& layer, const Shape& in, const std::string& where);

/// Convolutions, pooling and upsampling, layer by layer. Its defaults are the network of Golan's lecture
/// "Autoencoders" (lecture 9.A) for 1x28x28: 4,641 parameters, a code of 8x4x4.
class ConvolutionalBackbone : public Backbone {
 public:
  struct Config {
    static constexpr std::string_view kind = "convolutional";
    static constexpr std::string_view summary = "convolutions, pooling and upsampling, layer by layer";
    std::vector<ConvolutionalLayer> encoder = lecture_encoder();
    std::vector<ConvolutionalLayer> decoder = lecture_decoder();
    Initialization initialization = Initialization::glorot_uniform;

    void fields(Fields& f);
    static std::vector<Config> examples();
    static std::vector<ConvolutionalLayer> lecture_encoder();
    static std::vector<ConvolutionalLayer> lecture_decoder();
  };

  ConvolutionalBackbone(const Config& config, const BackboneContext& context);
  Tensor encode(const Tensor& x) const override { return run(encoder_, x); }
  Tensor decode(const Tensor& code) const override { return run(decoder_, code); }
  Shape code_shape() const override { return code_; }
  Tensor filters() const override;

 private:
  struct Layer {
    ConvolutionalLayer config;
    std::shared_ptr<Convolution> convolution;  // for conv layers
  };

  static Tensor run(const std::vector<Layer>& layers, const Tensor& x);
  /// Appends the layers that `configs` describe, for inputs of `shape`; returns the shape of their output.
  Shape build(std::vector<Layer>& layers, const std::vector<ConvolutionalLayer>& configs,
              const std::string& name, Shape shape, Initialization initialization, at::Generator& random);

  std::vector<Layer> encoder_, decoder_;
  Shape code_;
};

}  // namespace aelab
