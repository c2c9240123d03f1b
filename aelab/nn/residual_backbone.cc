#include "aelab/nn/residual_backbone.h"

#include <ATen/ATen.h>

#include <ranges>

#include "aelab/nn/convolutional_backbone.h"

namespace aelab {

void ResidualStage::fields(Fields& f) {
  f("channels", channels, "channels of its blocks", between(1, kWidest))
      .scales_with_width()
      .also_known_as({"width", "filters", "planes"});
  f("blocks", blocks, "number of blocks", between(1, 1000)).also_known_as({"depth", "num_blocks", "layers"});
  f("stride", stride, "factor by which its first block shrinks the image", between(1, 256))
      .also_known_as({"strides", "downsample"});
}

void ResidualBackbone::Config::fields(Fields& f) {
  f("stages", stages, "blocks of the encoder, stage by stage; the decoder mirrors them")
      .also_known_as({"layers", "encoder", "blocks"});
  f("upsampling", upsampling,
    "how the decoder enlarges images; nearest: pixels are repeated before a convolution; transposed: "
    "transposed convolutions");
  hidden.fields(f);
  f.require(!stages.empty(), "stages", "must have at least one stage");
}

std::vector<ResidualBackbone::Config> ResidualBackbone::Config::examples() {
  return {{.stages = {{.channels = 3, .blocks = 2}}},
          {.stages = {{.channels = 3, .stride = 3}},
           .upsampling = Upsampling::transposed,
           .hidden = {.activation = Activation::silu, .regularization = {.dropout = 0.1}}},
          {.stages = {{.channels = 4}}, .hidden = {.regularization = {.normalization = Normalize::layer}}}};
}

namespace {

/// Two convolutions and a shortcut. `first` is that of the branch.
class ResidualBlock : public SpatialLayer {
 public:
  ResidualBlock(const SpatialConvolution& first, const HiddenLayers& hidden, const std::string& name,
                Initializer& initializer)
      : config_(first), hidden_(hidden) {
    auto linear = hidden;  // the sum is activated
    linear.activation = Activation::linear;
    linear.regularization.dropout = 0;
    first_ = register_module("first", std::make_shared<ConvolutionLayer>(first, hidden, name, initializer));
    const SpatialConvolution second = {.input = first_->output(), .channels = first.channels};
    second_ = register_module("second", std::make_shared<ConvolutionLayer>(second, linear, name, initializer,
                                                                           /*starts_at_zero=*/true));
    if (first_->output() == first.input && first.stride == 1) return;
    auto direct = first;
    direct.kernel = 1;
    if (direct.upsampling) direct.upsampling = Upsampling::nearest;  // transposed, it would leave gaps
    shortcut_ =
        register_module("shortcut", std::make_shared<ConvolutionLayer>(direct, linear, name, initializer));
  }

  Tensor forward(const Tensor& x, const Step& step) const override {
    const auto branch = second_->forward(first_->forward(x, step), step);
    return activate(hidden_.activation, branch + (shortcut_ ? shortcut_->forward(x, step) : x));
  }

  const Shape& output() const override { return second_->output(); }

  void after_step() override {
    for (const auto* layer : {&first_, &second_, &shortcut_})
      if (*layer) (*layer)->after_step();
  }

  LayerOutline outline() const override {
    auto outline = first_->outline();
    const auto& plain = hidden_.regularization;
    std::string what = "residual block of 3x3 convolutions";
    if (config_.stride > 1) {
      const auto stride = std::to_string(config_.stride);
      what += config_.upsampling == Upsampling::nearest ? ", upsampling by " + stride : ", stride " + stride;
      if (config_.upsampling == Upsampling::transposed) what += ", transposed";
    }
    outline.what = plain.in_words(what, hidden_.activation);
    outline.output = output();
    outline.parameters = parameter_count(*this);
    return outline;
  }

 private:
  SpatialConvolution config_;
  HiddenLayers hidden_;
  std::shared_ptr<ConvolutionLayer> first_, second_, shortcut_;  // the last one null if it is the identity
};

}  // namespace

ResidualBackbone::ResidualBackbone(const Config& config, const BackboneContext& context)
    : SpatialBackbone(config.hidden, context) {
  require_images(context.input);
  if (config.stages.empty()) throw FieldError("stages", "must have at least one stage");
  Initializer initializer(context.seed, "initialization", context.device);
  const auto append_block = [&](const SpatialConvolution& first) {
    append(std::make_shared<ResidualBlock>(first, config.hidden, next(), initializer));
  };
  const auto stem = config.stages.front().channels;
  append(std::make_shared<ConvolutionLayer>(SpatialConvolution{.input = shape(), .channels = stem},
                                            config.hidden, next(), initializer));
  std::vector<Shape> inputs;  // of the stages
  for (const auto& stage : config.stages) {
    inputs.push_back(shape());
    append_block({.input = shape(), .channels = stage.channels, .stride = stage.stride});
    for (std::int64_t i = 1; i < stage.blocks; ++i)
      append_block({.input = shape(), .channels = stage.channels});
  }
  append_code(context, initializer);
  for (std::size_t k = config.stages.size(); k-- > 0;) {
    const auto& stage = config.stages[k];
    for (std::int64_t i = 1; i < stage.blocks; ++i)
      append_block({.input = shape(), .channels = stage.channels});
    append_block({.input = shape(),
                  .channels = inputs[k][0],
                  .stride = stage.stride,
                  .upsampling = config.upsampling,
                  .enlarged = inputs[k]});
  }
  const HiddenLayers output = {.activation = Activation::linear,
                               .initialization = config.hidden.initialization};
  append(std::make_shared<ConvolutionLayer>(
      SpatialConvolution{.input = shape(), .channels = context.output_channels()}, output, next(),
      initializer));
}

Tensor ResidualBackbone::filters() const {
  return dynamic_cast<const ConvolutionLayer&>(encoder_layer(0))
      .weight()
      .detach()
      .narrow(1, 0, input_channels());
}

}  // namespace aelab
