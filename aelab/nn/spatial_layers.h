#pragma once

#include <memory>

#include "aelab/nn/layers.h"
#include "aelab/nn/normalization.h"
#include "aelab/nn/parts.h"

namespace aelab {

/// Zeros around the input: none ("valid"), as many as keep its size ("same"), or as many as let every value
/// of the kernel reach every value of the input ("full", which undoes the loss of a valid convolution).
enum class Padding { same, valid, full };
std::span<const std::string_view> names(Padding);
/// Zeros on every side, for a kernel of this size.
std::int64_t zeros(Padding padding, std::int64_t kernel);

/// How a decoder enlarges images to the sizes that the encoder's strides left behind, odd ones included.
enum class Upsampling {
  nearest,  ///< pixels are repeated, what exceeds the size is cut off at the end, and a convolution follows
  transposed,  ///< transposed convolutions, whose output padding makes up for what strides pass over
};
std::span<const std::string_view> names(Upsampling);

/// What the hidden layers of a network have in common.
struct HiddenLayers {
  Activation activation = Activation::relu;
  Initialization initialization = Initialization::he_normal;
  Regularization regularization = {};

  void fields(Fields& f);
};

/// A layer over images [batch, channels, height, width] or series [batch, channels, length].
class SpatialLayer : public torch::nn::Module {
 public:
  virtual Tensor forward(const Tensor& x, const Step& step) const = 0;
  /// The shape of its output, without the batch.
  virtual const Shape& output() const = 0;
  /// Called after each optimizer step; updates running statistics.
  virtual void after_step() = 0;
  /// All of its outline but the network's name.
  virtual LayerOutline outline() const = 0;
};

/// A convolution, without what follows it.
struct SpatialConvolution {
  Shape input = {};           ///< [channels, height, width] or [channels, length]
  std::int64_t channels = 1;  ///< of its output
  std::int64_t kernel = 3;
  std::int64_t stride = 1;  ///< or, if it enlarges, the factor
  Padding padding = Padding::same;
  std::optional<Upsampling> upsampling = {};  ///< if it enlarges; series by `transposed` only
  Shape enlarged = {};                        ///< then, of which shape its output is, [any, ...size]
};

/// The shape of its output. Throws an Error if a convolution without padding has a kernel larger than its
/// input.
Shape output_shape(const SpatialConvolution& convolution);

/// A convolution, and after it normalization, activation and dropout, as `hidden` says.
class ConvolutionLayer : public SpatialLayer {
 public:
  /// `name` names the random stream of dropout. `starts_at_zero`: the scale of the normalization, or without
  /// one the convolution's weights, start at zero, so that all outputs do.
  ConvolutionLayer(const SpatialConvolution& convolution, const HiddenLayers& hidden, std::string name,
                   Initializer& initializer, bool starts_at_zero = false);
  Tensor forward(const Tensor& x, const Step& step) const override;
  const Shape& output() const override { return output_; }
  void after_step() override;
  LayerOutline outline() const override;
  const Tensor& weight() const { return parameters_->weight; }

 private:
  bool is_transposed() const { return config_.upsampling == Upsampling::transposed; }
  Tensor convolved(const Tensor& x, Activation activation) const;
  Tensor convolved_images(const Tensor& x, Activation activation) const;

  SpatialConvolution config_;
  HiddenLayers hidden_;
  std::string name_;
  Shape output_;
  std::shared_ptr<Convolution> parameters_;
  std::shared_ptr<Normalization> normalization_;  // null without one
};

}  // namespace aelab
